import { field, listField, textField, type KubeObject } from '../model/kube-object.js'
import { isReady } from './stalled-pods.js'

/** The pods that belong to a workload, told by their owners; ReplicaSets may be metadata alone. Pure and total. */
export function podsOf(
  workload: KubeObject,
  pods: readonly KubeObject[],
  replicaSets: readonly KubeObject[],
): KubeObject[] {
  const { uid } = workload.metadata
  const owners = new Set([uid])
  for (const set of replicaSets) if (controllerOf(set) === uid) owners.add(set.metadata.uid)
  return pods.filter((pod) => {
    const owner = controllerOf(pod)
    return owner !== '' && owners.has(owner) && !isOver(pod)
  })
}

/** True for a pod that does its work and is to stay. */
export function isAtWork(pod: KubeObject): boolean {
  return isReady(pod) && pod.metadata.deletionTimestamp === undefined
}

/** A pod that failed or was evicted stays as a record of that. */
function isOver(pod: KubeObject): boolean {
  return ['Failed', 'Succeeded'].includes(textField(pod, 'status', 'phase'))
}

function controllerOf(object: KubeObject): string {
  const owners = listField(object, 'metadata', 'ownerReferences')
  return textField(
    owners.find((each) => field(each, 'controller') === true),
    'uid',
  )
}
