import { listField, textField, type KubeObject } from '../model/kube-object.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { ClusterReader } from '../ports/cluster.js'

const podName = 'statefulset.kubernetes.io/pod-name'
const templateHash = 'pod-template-hash'

/** What a deleted controller of that name left: ReplicaSets or pods that it made and that nothing controls. */
export async function orphansOf(
  { kind, name, namespace }: ObjectRef,
  cluster: Pick<ClusterReader, 'listObjects'>,
): Promise<KubeObject[]> {
  const isMade = madeBy[kind]
  if (!isMade) return []
  const options = { ...(namespace === undefined ? {} : { namespace }), metadataOnly: true }
  const found =
    kind === 'Deployment'
      ? await cluster.listObjects('apps/v1', 'ReplicaSet', options)
      : await cluster.listObjects('v1', 'Pod', options)
  return found.filter((object) => !hasController(object) && isMade(object, name))
}

/** Pods of what was deleted that are not gone yet. */
export async function podsLeft(
  deleted: readonly KubeObject[],
  cluster: Pick<ClusterReader, 'listObjects'>,
): Promise<KubeObject[]> {
  const [namespace] = deleted.flatMap(({ metadata }) => metadata.namespace ?? [])
  if (namespace === undefined) return []
  const uids = new Set(deleted.flatMap(({ metadata }) => metadata.uid ?? []))
  const pods = await cluster.listObjects('v1', 'Pod', { namespace, metadataOnly: true })
  return pods.filter(
    (pod) =>
      uids.has(pod.metadata.uid ?? '') ||
      (pod.metadata.ownerReferences ?? []).some(({ uid }) => uids.has(uid)),
  )
}

/** By the names that controllers give. */
const madeBy: Record<string, (object: KubeObject, name: string) => boolean> = {
  Deployment: (set, name) => set.metadata.name === `${name}-${label(set, templateHash)}`,
  StatefulSet: (pod, name) =>
    label(pod, podName) === pod.metadata.name && pod.metadata.name.replace(/-\d+$/, '') === name,
  DaemonSet: (pod, name) => textField(pod, 'metadata', 'generateName') === `${name}-`,
  ReplicaSet: (pod, name) => textField(pod, 'metadata', 'generateName') === `${name}-`,
}

function label(object: KubeObject, key: string): string {
  return textField(object, 'metadata', 'labels', key)
}

function hasController(object: KubeObject): boolean {
  return listField(object, 'metadata', 'ownerReferences').some(
    (owner) =>
      typeof owner === 'object' && owner !== null && 'controller' in owner && owner.controller === true,
  )
}
