import type { KubeObject } from '../model/kube-object.js'
import type { ReleaseRecord, ReleaseRevision } from '../model/release.js'
import { releaseStatusOf } from './helm-storage.js'

/** A revision as the labels of its storage object tell; undefined for what is no revision. */
export function revisionOf({ metadata }: KubeObject): ReleaseRevision | undefined {
  const labels = metadata.labels ?? {}
  const releaseRevision = Number(labels.version)
  if (!Number.isInteger(releaseRevision)) return undefined
  const modified = Number(labels.modifiedAt ?? labels.createdAt)
  return {
    releaseRevision,
    releaseStatus: releaseStatusOf(labels.status),
    ...(Number.isFinite(modified) ? { modifiedAt: modified } : {}),
  }
}

/** The newest of a release's storage objects, with who wrote it last. */
export function newestRecord(objects: readonly KubeObject[]): ReleaseRecord | undefined {
  let newest: ReleaseRecord | undefined
  for (const object of objects) {
    const revision = revisionOf(object)
    if (!revision || (newest && newest.releaseRevision >= revision.releaseRevision)) continue
    newest = { ...revision, ...writerOf(object), ...detailsOf(object) }
  }
  return newest
}

function detailsOf({ metadata }: KubeObject): Pick<ReleaseRecord, 'uid' | 'createdAt' | 'annotations'> {
  const { uid = '', creationTimestamp, annotations = {} } = metadata
  return { uid, annotations, ...(creationTimestamp === undefined ? {} : { createdAt: creationTimestamp }) }
}

function writerOf({ metadata }: KubeObject): Pick<ReleaseRecord, 'writtenBy' | 'writtenAt'> {
  const [last] = [...(metadata.managedFields ?? [])].sort((left, right) =>
    (right.time ?? '').localeCompare(left.time ?? ''),
  )
  return {
    ...(last?.manager === undefined ? {} : { writtenBy: last.manager }),
    ...(last?.time === undefined ? {} : { writtenAt: last.time }),
  }
}
