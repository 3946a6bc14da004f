import { field, refOf, type KubeObject, type ServedKind } from '../model/kube-object.js'
import { groupOf, refKey, type ObjectRef } from '../model/object-ref.js'
import { manifestScope, parseManifest } from '../plan/objects/parse-manifest.js'

/** An object that a release says should be there. */
export interface ReleaseObject {
  object: ObjectRef
  /** True where the server may have taken it away when it was done. */
  mayBeGone: boolean
}

/** What the stored manifest of a release names, each object once; what cannot be read is a problem. Total. */
export function releaseObjects(
  manifest: string,
  namespace: string,
  servedKinds: readonly ServedKind[],
): { objects: ReleaseObject[]; problems: string[] } {
  const { objects, problems } = parseManifest(manifest, manifestScope(namespace, servedKinds))
  const byKey = new Map(objects.map((object) => [refKey(refOf(object)), object]))
  const described = [...byKey.values()].map((object) => ({
    object: servedRef(refOf(object), servedKinds),
    mayBeGone: isShortLived(object),
  }))
  return { objects: described, problems }
}

/** True for what is rolled out: Deployments, StatefulSets and DaemonSets. */
export function isWorkloadRef({ apiVersion, kind }: ObjectRef): boolean {
  return groupOf(apiVersion) === 'apps' && ['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind)
}

/** A stored manifest may be older than the server: the object is then read in a version that is served. */
export function servedRef(ref: ObjectRef, servedKinds: readonly ServedKind[]): ObjectRef {
  const group = groupOf(ref.apiVersion)
  const versions = servedKinds.filter((each) => each.group === group && each.kind === ref.kind)
  const apiVersions = versions.map(({ version }) => (group === '' ? version : `${group}/${version}`))
  const [first] = apiVersions
  return first === undefined || apiVersions.includes(ref.apiVersion) ? ref : { ...ref, apiVersion: first }
}

function isShortLived(object: KubeObject): boolean {
  return object.kind === 'Job' && typeof field(object, 'spec', 'ttlSecondsAfterFinished') === 'number'
}
