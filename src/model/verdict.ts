import type { ObjectRef } from './object-ref.js'

/** One thing looked at after (or before) the change. Unknown is not a pass. */
export interface CheckResult {
  id: string
  /** `incomplete`: on its way; it may pass when looked at again. */
  status: 'pass' | 'warn' | 'fail' | 'unknown' | 'incomplete'
  message: string
  objects: ObjectRef[]
  /** How many of what was looked at are as they should be, where that can be counted. */
  counts?: { good: number; total: number }
}

export interface Verdict {
  outcome: 'pass' | 'fail' | 'unknown' | 'incomplete'
  checks: CheckResult[]
}

/** A failed check outweighs an unknown one, which outweighs one that is on its way, which outweighs a pass. */
export function verdictOf(checks: CheckResult[]): Verdict {
  const has = (status: CheckResult['status']): boolean => checks.some((check) => check.status === status)
  const outcome = (['fail', 'unknown', 'incomplete'] as const).find(has) ?? 'pass'
  return { outcome, checks }
}

/** What keeps a verdict from being a pass, in one line; empty where nothing does. */
export function unmetChecks({ checks }: Verdict): string {
  const lead = { fail: '', unknown: 'unknown: ', incomplete: 'not complete yet: ' }
  return checks
    .flatMap(({ status, message }) => (status === 'pass' || status === 'warn' ? [] : lead[status] + message))
    .join('; ')
}
