import { field, refOf, type KubeObject } from '../model/kube-object.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { RolloutStatus, WorkloadStatus } from '../model/rollout.js'

interface Counts {
  desired: number
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

function judge(object: KubeObject, counts: Counts): { status: RolloutStatus; message: string } {
  if (object.metadata.deletionTimestamp) return { status: 'Terminating', message: 'is being deleted' }
  const observed = number(object, 'status', 'observedGeneration')
  if (observed < (object.metadata.generation ?? 0))
    return inProgress('the controller has not seen the new version yet')
  if (conditionReason(object, 'Progressing') === 'ProgressDeadlineExceeded') {
    return { status: 'Failed', message: 'progress deadline exceeded' }
  }
  if (field(object, 'spec', 'paused') === true) return inProgress('is paused: kubectl rollout resume')
  const { desired, updated, available, total } = counts
  if (updated < desired) return inProgress(`${updated} of ${desired} updated`)
  if (total > updated) return inProgress(`${total - updated} old still there`)
  if (available < updated) return inProgress(`${available} of ${updated} available`)
  return { status: 'Current', message: `${available} of ${desired} available` }
}

function inProgress(message: string): { status: RolloutStatus; message: string } {
  return { status: 'InProgress', message }
}

function countsOf(object: KubeObject): Counts {
  if (object.kind === 'DaemonSet') {
    return {
      desired: number(object, 'status', 'desiredNumberScheduled'),
      updated: number(object, 'status', 'updatedNumberScheduled'),
      available: number(object, 'status', 'numberAvailable'),
      total: number(object, 'status', 'updatedNumberScheduled'),
    }
  }
  const updated = number(object, 'status', 'updatedReplicas')
  const replicas = field(object, 'spec', 'replicas')
  return {
    desired: typeof replicas === 'number' ? replicas : 1,
    // A StatefulSet without a pending update counts its replicas under currentReplicas.
    updated:
      object.kind === 'StatefulSet' && sameRevision(object) ? number(object, 'status', 'replicas') : updated,
    available: number(object, 'status', 'availableReplicas'),
    total: number(object, 'status', 'replicas'),
  }
}

function sameRevision(object: KubeObject): boolean {
  return field(object, 'status', 'currentRevision') === field(object, 'status', 'updateRevision')
}

function conditionReason(object: KubeObject, type: string): string | undefined {
  const conditions = field(object, 'status', 'conditions')
  if (!Array.isArray(conditions)) return undefined
  const condition = conditions.find((candidate) => field(candidate, 'type') === type)
  return field(condition, 'reason') as string | undefined
}

function number(object: KubeObject, ...path: string[]): number {
  const value = field(object, ...path)
  return typeof value === 'number' ? value : 0
}

function pick({
  updated,
  available,
  desired,
}: Counts): Pick<WorkloadStatus, 'updated' | 'available' | 'desired'> {
  return { updated, available, desired }
}
