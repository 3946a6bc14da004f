import type { ObjectRef } from './object-ref.js'

/** One thing looked at after (or before) the change. Unknown is not a pass. */
export interface CheckResult {
  id: string
  status: 'pass' | 'warn' | 'fail' | 'unknown'
  message: string
  objects: ObjectRef[]
}

export interface Verdict {
  outcome: 'pass' | 'fail' | 'unknown'
  checks: CheckResult[]
}

/** A failed check outweighs an unknown one, which outweighs a pass. */
export function verdictOf(checks: CheckResult[]): Verdict {
  const has = (status: CheckResult['status']): boolean => checks.some((check) => check.status === status)
  return { outcome: has('fail') ? 'fail' : has('unknown') ? 'unknown' : 'pass', checks }
}
