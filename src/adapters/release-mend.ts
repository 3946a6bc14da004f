import { UpgradeError } from '../errors.js'
import { field, type KubeObject } from '../model/kube-object.js'
import { isPending, type ReleaseName } from '../model/release.js'
import type { MendResult, ReleaseStorageWriter } from '../ports/releases.js'
import { objectPath } from './api-paths.js'
import { packRelease, releaseStatusOf, unpackRelease } from './helm-storage.js'
import { fieldManager } from './kube-apply.js'
import { parseSlice, replaceMember, sliceMembers } from './raw-json.js'
import { storageOf, type StorageKind } from './release-storage.js'
import { apiFailure } from './rest-failures.js'
import type { RestClient, RestRequest } from './rest-client.js'

/** What helm history shows of a revision that we marked. */
export const mendedDescription = 'interrupted; marked failed by kubectl mesh-upgrade'

/** Changes helm's own record of a release, as helm's would have been changed had helm been let end. */
export function releaseStorageWriter(
  client: RestClient,
  driver: string | undefined,
  now: () => number,
): ReleaseStorageWriter {
  const storage = storageOf(driver)
  return {
    mendPending: (release, revision, uid) => markFailed({ client, storage, now }, release, { revision, uid }),
  }
}

interface Tools {
  client: RestClient
  storage: StorageKind
  now: () => number
}

interface Revision {
  revision: number
  uid: string
}

async function markFailed(tools: Tools, release: ReleaseName, which: Revision): Promise<MendResult> {
  const { client, storage, now } = tools
  const { path, object } = await readRevision(tools, release, which)
  if (!isStillPending(object)) return 'not-pending'
  const request: RestRequest = {
    method: 'PUT',
    path: `${path}?fieldManager=${fieldManager}`,
    body: JSON.stringify(failedObject(object, storage.kind, Math.floor(now() / 1000))),
    // Its resourceVersion turns a second try into a conflict, which is then looked at.
    repeatable: true,
  }
  const answer = await client.send(request)
  if (answer.status === 409) {
    const { object: found } = await readRevision(tools, release, which)
    if (isStillPending(found))
      throw moved(release, `${storage.kind} ${nameOf(release, which)} was changed meanwhile`)
    return answer.maybeDone === true ? 'mended' : 'not-pending'
  }
  if (answer.status >= 300) throw apiFailure(request, answer)
  return 'mended'
}

async function readRevision(
  { client, storage }: Tools,
  release: ReleaseName,
  which: Revision,
): Promise<{ path: string; object: KubeObject }> {
  const name = nameOf(release, which)
  const path = objectPath(storage, { namespace: release.namespace, name })
  const found = await client.send({ method: 'GET', path })
  if (found.status !== 200) throw apiFailure({ method: 'GET', path }, found)
  const object = found.parsed as KubeObject
  if (object.metadata.uid === which.uid) return { path, object }
  throw moved(release, `${storage.kind} ${name} is another object by now`)
}

function nameOf({ name }: ReleaseName, { revision }: Revision): string {
  return `sh.helm.release.v1.${name}.v${revision}`
}

function isStillPending({ metadata }: KubeObject): boolean {
  return isPending(releaseStatusOf(metadata.labels?.status))
}

/** The storage object with its state in both places where helm looks: the label, and the record itself. */
function failedObject(object: KubeObject, kind: StorageKind['kind'], seconds: number): KubeObject {
  const payload = field(object, 'data', 'release')
  const release = packRelease(kind, failedRelease(unpackRelease({ kind, payload })))
  const labels = { ...object.metadata.labels, status: 'failed', modifiedAt: String(seconds) }
  return {
    ...object,
    metadata: { ...object.metadata, labels },
    data: { ...(object.data as Record<string, string>), release },
  }
}

/** Of the record only state and description; every other byte stays as helm wrote it. */
export function failedRelease(json: Buffer): Buffer {
  // One character a byte, so that nothing is decoded that is not touched.
  const text = json.toString('latin1')
  const description = JSON.stringify(mendedDescription)
  const info = sliceMembers(text).find(({ name }) => name === 'info')?.raw ?? ''
  const hasDescription = sliceMembers(info).some(({ name }) => name === 'description')
  const status = hasDescription ? '"failed"' : `"failed","description":${description}`
  const marked = replaceMember(text, ['info', 'status'], status)
  const whole = hasDescription ? replaceMember(marked, ['info', 'description'], description) : marked
  parseSlice(whole)
  return Buffer.from(whole, 'latin1')
}

function moved({ name, namespace }: ReleaseName, why: string): UpgradeError {
  const message = `mend the pending release ${name} in ${namespace}: ${why}`
  return new UpgradeError('PlanStale', message)
}
