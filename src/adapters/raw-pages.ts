import type { CustomResourceKind, RawObject } from '../model/crd.js'
import { canonicalJson, digestOf } from '../model/digest.js'
import { field, listField, textField } from '../model/kube-object.js'
import { listPath, type PageOptions } from './api-lists.js'
import { parseSlice, sliceList, sliceMembers } from './raw-json.js'
import { apiFailure } from './rest-failures.js'
import type { RestClient, RestRequest } from './rest-client.js'

const firstPage = 100
const largestPage = 500
const wantedPageBytes = 4 * 1024 * 1024
const notContent = new Set(['apiVersion', 'kind', 'metadata', 'status'])

/** Reads custom resources page by page as the server's bytes; pages grow to about 4 MiB. Throws `ApiFailure`. */
export async function eachRawPage(
  client: RestClient,
  kind: CustomResourceKind,
  onPage: (page: RawObject[]) => Promise<void>,
): Promise<void> {
  let token = ''
  let limit = firstPage
  do {
    const page = await readPage(client, kind, { limit, token })
    if (page.objects.length > 0) await onPage(page.objects)
    token = page.token
    limit = nextLimit(page.length, page.objects.length)
  } while (token !== '')
}

/** A raw object with the digests by which it is compared. Throws `RawJsonError`. */
export function rawObjectOf(raw: string): RawObject {
  const members = sliceMembers(raw)
  const metadata = parseSlice(members.find(({ name }) => name === 'metadata')?.raw ?? '{}')
  const content = members.filter(({ name }) => !notContent.has(name))
  const text = (key: string): string => {
    const value = field(metadata, key)
    return typeof value === 'string' ? value : ''
  }
  const generation = field(metadata, 'generation')
  const owners = listField(metadata, 'ownerReferences')
  const [labels, annotations] = [field(metadata, 'labels') ?? {}, field(metadata, 'annotations') ?? {}]
  return {
    namespace: text('namespace'),
    name: text('name'),
    uid: text('uid'),
    resourceVersion: text('resourceVersion'),
    ...(typeof generation === 'number' ? { generation } : {}),
    specDigest: digestOf(content.map((member) => `${JSON.stringify(member.name)}:${member.raw}`).join(',')),
    labelsDigest: digestOf(canonicalJson({ labels, annotations })),
    ...(owners.length > 0 ? { ownerUids: owners.map((owner) => textField(owner, 'uid')) } : {}),
    raw,
  }
}

function nextLimit(length: number, items: number): number {
  if (items === 0) return firstPage
  const fitting = Math.floor(wantedPageBytes / Math.max(1, length / items))
  return Math.min(largestPage, Math.max(10, fitting))
}

interface RawPage {
  objects: RawObject[]
  token: string
  /** Of the text, which is about its bytes. */
  length: number
}

async function readPage(client: RestClient, kind: CustomResourceKind, page: PageOptions): Promise<RawPage> {
  const { group, version, plural, namespaced } = kind
  const request: RestRequest = {
    method: 'GET',
    path: listPath({ apiVersion: `${group}/${version}`, plural, namespaced }, page),
    parse: parsePage,
  }
  const response = await client.send(request)
  if (response.status === 410)
    return readPage(client, kind, { ...page, token: tokenAfterExpiry(request, response) })
  if (response.status !== 200) throw apiFailure(request, response)
  return response.parsed as RawPage
}

/** Throws `RawJsonError` for a page that is not whole: it must never pass for a shorter one. */
function parsePage(body: string): RawPage {
  const { items, continueToken } = sliceList(body)
  return { objects: items.map(rawObjectOf), token: continueToken, length: body.length }
}

/**
 * The server says in its 410 how to go on behind the last key at the newest state: so that nothing is
 * told twice to whoever already took the pages before.
 */
function tokenAfterExpiry(request: RestRequest, response: Parameters<typeof apiFailure>[1]): string {
  let token: unknown
  try {
    token = field(JSON.parse(response.body), 'metadata', 'continue')
  } catch {
    token = undefined
  }
  if (typeof token !== 'string' || token === '' || request.path.includes(encodeURIComponent(token))) {
    throw apiFailure(request, response)
  }
  return token
}
