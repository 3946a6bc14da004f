import { field, type KubeObject } from '../model/kube-object.js'
import type { ListOptions } from '../ports/cluster.js'
import { collectionPath, type KindPath } from './api-paths.js'
import { apiFailure, hasStatus } from './rest-failures.js'
import type { RestClient } from './rest-client.js'

const pageSize = 500
const metadataList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'

/**
 * All objects of a kind, read in pages; items get the apiVersion and kind that lists leave out.
 * A list that expires half way (410) is read again once. Empty where the kind is not served.
 * Throws `ApiFailure`.
 */
export async function listAll(
  client: RestClient,
  path: KindPath,
  kind: string,
  options: ListOptions = {},
): Promise<KubeObject[]> {
  try {
    return await listOnce(client, path, kind, options)
  } catch (error) {
    if (hasStatus(error, 404)) return []
    if (!hasStatus(error, 410)) throw error
    return listOnce(client, path, kind, options)
  }
}

async function listOnce(
  client: RestClient,
  path: KindPath,
  kind: string,
  options: ListOptions,
): Promise<KubeObject[]> {
  const objects: KubeObject[] = []
  const most = options.most ?? Infinity
  let token = ''
  do {
    const page = await listPage(client, path, { ...options, limit: Math.min(pageSize, most), token })
    for (const item of page.items) objects.push({ ...item, apiVersion: path.apiVersion, kind })
    token = page.token
  } while (token !== '' && objects.length < most)
  return objects
}

export interface PageOptions extends ListOptions {
  limit: number
  /** `metadata.continue` of the page before; empty for the first. */
  token?: string
}

export interface ListPage {
  items: KubeObject[]
  token: string
  /** How many follow, where the server says so. */
  remaining: number
}

/** One page of a list. Throws `ApiFailure`. */
export async function listPage(client: RestClient, path: KindPath, options: PageOptions): Promise<ListPage> {
  const request = {
    method: 'GET',
    path: listPath(path, options),
    ...(options.metadataOnly === true ? { accept: metadataList } : {}),
  } as const
  const response = await client.send(request)
  if (response.status !== 200) throw apiFailure(request, response)
  const answer = response.parsed
  const items = field(answer, 'items')
  const token = field(answer, 'metadata', 'continue')
  const remaining = field(answer, 'metadata', 'remainingItemCount')
  return {
    items: Array.isArray(items) ? (items as unknown as KubeObject[]) : [],
    token: typeof token === 'string' ? token : '',
    remaining: typeof remaining === 'number' ? remaining : 0,
  }
}

/** Path and query of a page. */
export function listPath(path: KindPath, options: PageOptions): string {
  const query = new URLSearchParams({ limit: String(options.limit) })
  if (options.token) query.set('continue', options.token)
  if (options.labelSelector) query.set('labelSelector', options.labelSelector)
  if (options.fieldSelector) query.set('fieldSelector', options.fieldSelector)
  return `${collectionPath(path, options.namespace)}?${query.toString()}`
}
