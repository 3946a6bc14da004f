import { field, listField, refOf, textField, type KubeObject } from '../model/kube-object.js'
import { isMapping } from '../model/values.js'
import type { OldPod } from '../model/rollout.js'
import { countAt } from './conditions.js'
import { isOnDelete } from './workload-status.js'

/** What tells which version of a workload a pod is of. Metadata is enough, but for ControllerRevisions. */
export interface RevisionSources {
  workloads: readonly KubeObject[]
  pods: readonly KubeObject[]
  replicaSets: readonly KubeObject[]
  /** Of DaemonSets. */
  controllerRevisions: readonly KubeObject[]
}

/** Pods that still run an older version of their workload, also those that are being deleted. Total. */
export function oldPods(sources: RevisionSources): OldPod[] {
  return sources.workloads.flatMap((workload) => {
    const newest = newestHash(workload, sources)
    return sources.pods
      .filter((pod) => selects(workload, pod) && belongs(pod, workload, sources))
      .filter((pod) => hashOf(pod, workload) !== newest)
      .map((pod) => ({
        pod: refOf(pod),
        workload: refOf(workload),
        terminating: isTerminating(pod),
        mayStay: mayStay(pod, workload),
      }))
  })
}

/** The hash that the pods of the newest version carry; where that cannot be told, none counts as new. */
function newestHash(workload: KubeObject, { replicaSets, controllerRevisions }: RevisionSources): string {
  if (workload.kind === 'StatefulSet') return textField(workload, 'status', 'updateRevision')
  if (workload.kind === 'DaemonSet') {
    const own = controllerRevisions.filter((revision) => isOwnedBy(revision, workload))
    const newest = own.sort((left, right) => countAt(right, 'revision') - countAt(left, 'revision'))[0]
    return textField(newest, 'metadata', 'labels', 'controller-revision-hash')
  }
  const revision = revisionOf(workload)
  const set = replicaSets.find((each) => isOwnedBy(each, workload) && revisionOf(each) === revision)
  return textField(set, 'metadata', 'labels', 'pod-template-hash')
}

function hashOf(pod: KubeObject, { kind }: KubeObject): string {
  const label = kind === 'Deployment' ? 'pod-template-hash' : 'controller-revision-hash'
  return textField(pod, 'metadata', 'labels', label)
}

/** Selectors of two workloads may overlap: the owner decides, by name where its ReplicaSet is gone already. */
function belongs(pod: KubeObject, workload: KubeObject, { replicaSets }: RevisionSources): boolean {
  if (workload.kind !== 'Deployment') return isOwnedBy(pod, workload)
  const set = replicaSets.find((each) => isOwnedBy(pod, each))
  if (set) return isOwnedBy(set, workload)
  const owner = controllerOf(pod)
  const hash = hashOf(pod, workload)
  return (
    textField(owner, 'kind') === 'ReplicaSet' &&
    textField(owner, 'name') === `${workload.metadata.name}-${hash}`
  )
}

function mayStay(pod: KubeObject, workload: KubeObject): boolean {
  if (isTerminating(pod)) return false
  if (isOnDelete(workload)) return true
  const partition = countAt(workload, 'spec', 'updateStrategy', 'rollingUpdate', 'partition')
  const ordinal = /-(\d+)$/.exec(pod.metadata.name)?.[1]
  return workload.kind === 'StatefulSet' && ordinal !== undefined && Number(ordinal) < partition
}

function selects(workload: KubeObject, pod: KubeObject): boolean {
  if (pod.metadata.namespace !== workload.metadata.namespace) return false
  const labels = field(workload, 'spec', 'selector', 'matchLabels')
  // A selector of expressions alone: the owner decides.
  if (!isMapping(labels)) return true
  return Object.entries(labels).every(([key, value]) => field(pod, 'metadata', 'labels', key) === value)
}

function revisionOf(object: KubeObject): string {
  return textField(object, 'metadata', 'annotations', 'deployment.kubernetes.io/revision')
}

function isTerminating(pod: KubeObject): boolean {
  return textField(pod, 'metadata', 'deletionTimestamp') !== ''
}

function isOwnedBy(object: KubeObject, owner: KubeObject): boolean {
  const uid = textField(owner, 'metadata', 'uid')
  return uid !== '' && textField(controllerOf(object), 'uid') === uid
}

function controllerOf(object: KubeObject): unknown {
  return listField(object, 'metadata', 'ownerReferences').find((each) => field(each, 'controller') === true)
}
