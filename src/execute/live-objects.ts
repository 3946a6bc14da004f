import type { KubeObject } from '../model/kube-object.js'
import type { ObjectRef } from '../model/object-ref.js'
import { managedByLabel, ownerOf } from '../model/ownership.js'
import type { ClusterReader } from '../ports/cluster.js'

/** An object and what the server has of it. */
export interface LiveObject {
  ref: ObjectRef
  live: KubeObject | undefined
}

/** Objects as they are now, in the given order. Throws `ApiFailure`. */
export function readLiveObjects(
  refs: readonly ObjectRef[],
  { cluster }: { cluster: Pick<ClusterReader, 'readObject'> },
): Promise<LiveObject[]> {
  return Promise.all(refs.map(async (ref) => ({ ref, live: await cluster.readObject(ref) })))
}

/** True of an object of a release's manifest that pods of the mesh made, or wrote over: it lacks helm's marks. */
export function isTaken({ live }: LiveObject, release: { name: string }): boolean {
  if (!live) return false
  // helm sets the label on whatever it deploys; who writes the object over loses it.
  const isManaged = live.metadata.labels?.[managedByLabel] === 'Helm'
  return !isManaged || ownerOf(live)?.name !== release.name
}
