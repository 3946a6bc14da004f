import { field, refOf, textField, type KubeObject } from '../model/kube-object.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { ObjectStatus, WorkloadStatus } from '../model/rollout.js'
import { conditionOf, conditionStatus, conditionWords, countAt } from './conditions.js'

interface Counts {
  desired: number
  /** How many have to be of the newest version: the strategy may keep others (partition, OnDelete). */
  toUpdate: number
  updated: number
  available: number
  total: number
}

/**
 * How far a workload's rollout is, by the rules of kstatus (sigs.k8s.io/cli-utils): the newest generation
 * observed, all replicas updated and available, and none of the old ones left.
 */
export function workloadStatus(object: KubeObject): WorkloadStatus {
  const counts = countsOf(object)
  const { status, message } = judge(object, counts)
  return { workload: refOf(object), rolloutStatus: status, message, ...pick(counts) }
}

/** A workload that should be there and is not. */
export function missingWorkload(workload: ObjectRef): WorkloadStatus {
  return { workload, rolloutStatus: 'NotFound', updated: 0, available: 0, desired: 0, message: 'not found' }
}

/** True when every workload is done. */
export function allCurrent(statuses: readonly WorkloadStatus[]): boolean {
  return statuses.every(({ rolloutStatus }) => rolloutStatus === 'Current')
}

function judge(object: KubeObject, counts: Counts): ObjectStatus {
  if (object.metadata.deletionTimestamp) return { status: 'Terminating', message: 'is being deleted' }
  const observed = countAt(object, 'status', 'observedGeneration')
  if (observed < (object.metadata.generation ?? 0))
    return inProgress('the controller has not seen the new version yet')
  if (field(conditionOf(object, 'Progressing'), 'reason') === 'ProgressDeadlineExceeded') {
    return { status: 'Failed', message: 'progress deadline exceeded' }
  }
  if (field(object, 'spec', 'paused') === true) return inProgress('is paused: kubectl rollout resume')
  return judgeCounts(counts) ?? judgeConditions(object) ?? current(counts)
}

function judgeCounts(counts: Counts): ObjectStatus | undefined {
  const { desired, toUpdate, updated, available, total } = counts
  if (updated < toUpdate) return inProgress(`${updated} of ${toUpdate} updated`)
  if (total > desired) return inProgress(`${total - desired} old still there`)
  if (available < desired) return inProgress(`${available} of ${desired} available`)
  return undefined
}

/** Where the controller says so itself, it counts; a condition that is not there says nothing. */
function judgeConditions(object: KubeObject): ObjectStatus | undefined {
  if (object.kind !== 'Deployment') return undefined
  if (conditionStatus(object, 'Available') === 'False')
    return inProgress(`is not available: ${conditionWords(object, 'Available')}`)
  const progressing = conditionOf(object, 'Progressing')
  // Without a deadline the controller does not keep the condition up to date.
  const isKept = countAt(object, 'spec', 'progressDeadlineSeconds') < 2 ** 31 - 1
  const isDone = !isKept || textField(progressing, 'reason') === 'NewReplicaSetAvailable'
  return progressing === undefined || isDone ? undefined : inProgress('its new ReplicaSet is not complete')
}

function current({ desired, updated, available }: Counts): ObjectStatus {
  const kept = Math.max(0, desired - updated)
  const old = kept > 0 ? `; ${kept} stay at the old version until they are replaced by hand` : ''
  return { status: 'Current', message: `${available} of ${desired} available${old}` }
}

function inProgress(message: string): ObjectStatus {
  return { status: 'InProgress', message }
}

function countsOf(object: KubeObject): Counts {
  if (object.kind === 'DaemonSet') {
    const desired = countAt(object, 'status', 'desiredNumberScheduled')
    return {
      desired,
      toUpdate: isOnDelete(object) ? 0 : desired,
      updated: countAt(object, 'status', 'updatedNumberScheduled'),
      available: countAt(object, 'status', 'numberAvailable'),
      total: desired,
    }
  }
  const replicas = field(object, 'spec', 'replicas')
  const desired = typeof replicas === 'number' ? replicas : 1
  const isSet = object.kind === 'StatefulSet'
  return {
    desired,
    toUpdate: isSet ? Math.max(0, desired - mayStay(object, desired)) : desired,
    // A StatefulSet without a pending update counts its replicas under currentReplicas.
    updated:
      isSet && sameRevision(object)
        ? countAt(object, 'status', 'replicas')
        : countAt(object, 'status', 'updatedReplicas'),
    available: countAt(object, 'status', 'availableReplicas'),
    total: countAt(object, 'status', 'replicas'),
  }
}

function mayStay(object: KubeObject, desired: number): number {
  return isOnDelete(object)
    ? desired
    : countAt(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition')
}

/** True where pods are of the new version only after somebody has deleted the old ones. */
export function isOnDelete(object: KubeObject): boolean {
  return field(object, 'spec', 'updateStrategy', 'type') === 'OnDelete'
}

function sameRevision(object: KubeObject): boolean {
  return field(object, 'status', 'currentRevision') === field(object, 'status', 'updateRevision')
}

function pick({
  updated,
  available,
  desired,
}: Counts): Pick<WorkloadStatus, 'updated' | 'available' | 'desired'> {
  return { updated, available, desired }
}
