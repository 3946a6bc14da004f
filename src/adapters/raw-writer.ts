import type { ApplyResult } from '../model/api-result.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { LiveVersion, RawChanges, RawObjectWriter } from '../ports/raw-objects.js'
import { collectionPath, objectPath, type ApiPaths, type KindPath } from './api-paths.js'
import { fieldManager, resultOf } from './kube-apply.js'
import { parseSlice, replaceMember, setMember, sliceElements, sliceMembers } from './raw-json.js'
import { rawObjectOf } from './raw-pages.js'
import type { RestResponse } from './rest-failures.js'
import type { RestClient, RestRequest } from './rest-client.js'

/** What the server writes itself; the new object gets its own. */
const serverFields = new Set([
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
])

const query = `fieldManager=${fieldManager}&fieldValidation=Ignore`

/** Puts objects back as the bytes that were read. */
export function rawObjectWriter(client: RestClient, paths: ApiPaths): RawObjectWriter {
  const send = async (
    ref: ObjectRef,
    make: (kindPath: KindPath) => RestRequest,
  ): Promise<ApplyResult & { response?: RestResponse }> => {
    const kindPath = await paths.pathOf(ref.apiVersion, ref.kind)
    if (!kindPath) {
      const message = `the server does not serve ${ref.kind} of ${ref.apiVersion}`
      return { ok: false, refusal: { status: 404, reason: 'NotFound', message } }
    }
    const request = make(kindPath)
    const response = await client.send(request)
    return { ...resultOf(request, response), response }
  }
  return {
    createRaw: (ref, raw, changes) =>
      send(ref, (path) => ({
        method: 'POST',
        path: `${collectionPath(path, ref.namespace)}?${query}`,
        body: changedObject(raw, [], changes),
        // A second one is a conflict with the first, and what is there is compared afterwards.
        repeatable: true,
      })),
    replaceRaw: (ref, raw, live, changes) =>
      send(ref, (path) => ({
        method: 'PUT',
        path: `${objectPath(path, ref)}?${query}`,
        body: changedObject(raw, liveFields(live), changes),
        repeatable: true,
      })),
    async proveRaw(ref, raw, live, changes) {
      const proved = await send(ref, (path) => ({
        method: 'PUT',
        path: `${objectPath(path, ref)}?${query}&dryRun=All`,
        body: changedObject(raw, liveFields(live), changes),
        repeatable: true,
      }))
      if (!proved.ok) return { ok: false, refusal: proved.refusal }
      const { specDigest, labelsDigest } = rawObjectOf(proved.response?.body ?? '{}')
      return { ok: true, specDigest, labelsDigest }
    },
    async replaceStatusRaw(ref, raw, live) {
      if (!sliceMembers(raw).some(({ name }) => name === 'status')) return undefined
      return send(ref, (path) => ({
        method: 'PUT',
        path: `${objectPath(path, ref)}/status?${query}`,
        body: changedObject(raw, liveFields(live)),
        repeatable: true,
      }))
    },
  }
}

function liveFields({ uid, resourceVersion }: LiveVersion): string[] {
  return [`"uid":${JSON.stringify(uid)}`, `"resourceVersion":${JSON.stringify(resourceVersion)}`]
}

/**
 * The object's own text with its metadata cleared of server fields, `added` put in their place and what
 * `changes` names changed; nothing else is written anew. Throws `RawJsonError`.
 */
export function changedObject(raw: string, added: readonly string[], changes: RawChanges = {}): string {
  const { uids, fields = [] } = changes
  const members = sliceMembers(raw).map(({ name, raw: value }) => {
    if (name !== 'metadata') return `${JSON.stringify(name)}:${value}`
    const kept = sliceMembers(value)
      .filter((member) => !serverFields.has(member.name))
      .flatMap((member) => metadataMember(member, uids) ?? [])
    return `"metadata":{${[...kept, ...added].join(',')}}`
  })
  return fields.reduce(
    (text, { path, value }) => setMember(text, path, JSON.stringify(value)),
    `{${members.join(',')}}`,
  )
}

/** Undefined for owners of which none is left. */
function metadataMember(
  { name, raw }: { name: string; raw: string },
  uids: RawChanges['uids'],
): string | undefined {
  if (name !== 'ownerReferences' || !uids) return `${JSON.stringify(name)}:${raw}`
  const owners = sliceElements(raw).flatMap((owner) => {
    const uid = uids.get(uidOf(owner))
    if (uid === undefined) return [owner]
    return uid === '' ? [] : [replaceMember(owner, ['uid'], JSON.stringify(uid))]
  })
  return owners.length === 0 ? undefined : `"ownerReferences":[${owners.join(',')}]`
}

function uidOf(owner: string): string {
  const member = sliceMembers(owner).find(({ name }) => name === 'uid')
  return String(parseSlice(member?.raw ?? 'null'))
}
