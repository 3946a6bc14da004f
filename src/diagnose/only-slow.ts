import type { Diagnosis } from '../model/rollout.js'
import type { Verdict } from '../model/verdict.js'

/** Words of a wait that ran out: ours, and helm's (`wait.ErrWaitTimeout`, `context.DeadlineExceeded`). */
const timerWords = /timed out|deadline exceeded|not rolled out after|not complete yet|status: InProgress/i

export interface FailedRollout {
  /** Why the step failed, in our words or helm's. */
  message: string
  verdict?: Verdict
  diagnosis?: Diagnosis
}

/**
 * True where nothing is wrong but the time: a wait ran out while every pod that is there is well. Such a
 * rollout is never reverted by a timer alone. What could not be diagnosed is not called well.
 */
export function isOnlySlow({ message, verdict, diagnosis }: FailedRollout): boolean {
  const ranOut = timerWords.test(message) || verdict?.outcome === 'incomplete'
  if (!ranOut || !diagnosis || diagnosis.workloads.length === 0) return false
  const isFaulty = diagnosis.findings.some(({ severity }) => severity === 'error' || severity === 'unknown')
  const hasFailed = diagnosis.workloads.some(({ rolloutStatus }) => rolloutStatus === 'Failed')
  return !isFaulty && !hasFailed && diagnosis.stalledPods.length === 0
}
