import type { Finding } from './finding.js'
import type { ObjectRef } from './object-ref.js'

/** kstatus words for how far an object is. */
export type RolloutStatus = 'Current' | 'InProgress' | 'Failed' | 'Terminating' | 'NotFound' | 'Unknown'

/** How far one object is, and why. */
export interface ObjectStatus {
  status: RolloutStatus
  message: string
}

/** An object that should be there, and how far it is. */
export interface ObjectState extends ObjectStatus {
  object: ObjectRef
}

/** A pod of a workload's older version. */
export interface OldPod {
  pod: ObjectRef
  workload: ObjectRef
  terminating: boolean
  /** True where the workload's own strategy keeps it (partition, OnDelete). */
  mayStay: boolean
}

/** One workload's progress. */
export interface WorkloadStatus {
  workload: ObjectRef
  rolloutStatus: RolloutStatus
  updated: number
  available: number
  desired: number
  message: string
}

/** A pod that keeps a rollout from finishing, and what the cluster says about it. */
export interface StalledPod {
  pod: ObjectRef
  owner?: ObjectRef
  reason: string
  message: string
  /** The newest event about the pod: `Warning FailedScheduling: 0/1 nodes …`. */
  lastEvent?: string
}

/** What a stalled or failed rollout looks like now; the room for root causes (MU7xx). */
export interface Diagnosis {
  workloads: WorkloadStatus[]
  stalledPods: StalledPod[]
  findings: Finding[]
}

/** True where every workload is up to date and available, and no pod is stalled. */
export function isWhole({ workloads, stalledPods }: Pick<Diagnosis, 'workloads' | 'stalledPods'>): boolean {
  return stalledPods.length === 0 && workloads.every(({ rolloutStatus }) => rolloutStatus === 'Current')
}
