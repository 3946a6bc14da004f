import type { KubeObject } from '../model/kube-object.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { ReleaseName } from '../model/release.js'
import type { ClusterReader } from '../ports/cluster.js'

/** An object as it is now. */
export interface TakenObject {
  ref: ObjectRef
  uid: string
}

/** Of objects that helm makes those that are there without its marks: pods of the mesh made them, or wrote them over. */
export async function takenObjects(
  objects: readonly ObjectRef[],
  release: Pick<ReleaseName, 'name'>,
  cluster: Pick<ClusterReader, 'readObject'>,
): Promise<TakenObject[]> {
  const found = objects.map(async (ref): Promise<TakenObject[]> => {
    const live = await cluster.readObject(ref)
    return live && !isHelms(live, release) ? [{ ref, uid: live.metadata.uid ?? '' }] : []
  })
  return (await Promise.all(found)).flat()
}

/** helm sets the label on whatever it deploys; who writes the object over loses it. */
function isHelms({ metadata: { annotations, labels } }: KubeObject, { name }: { name: string }): boolean {
  return (
    annotations?.['meta.helm.sh/release-name'] === name && labels?.['app.kubernetes.io/managed-by'] === 'Helm'
  )
}
