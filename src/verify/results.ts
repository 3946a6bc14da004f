import type { ObjectRef } from '../model/object-ref.js'
import type { ObjectStatus, RolloutStatus } from '../model/rollout.js'
import type { CheckResult } from '../model/verdict.js'

const shown = 8

const judged: Record<RolloutStatus, CheckResult['status']> = {
  Current: 'pass',
  InProgress: 'incomplete',
  Failed: 'fail',
  Terminating: 'fail',
  NotFound: 'fail',
  Unknown: 'unknown',
}

/** Something that a check counts: how it is, what it is called, and what to point at. */
export interface Counted extends ObjectStatus {
  name: string
  object: ObjectRef
}

/** The result of a check over many things: it passes only where each one is current. */
export function countedResult(id: string, what: string, states: readonly Counted[]): CheckResult {
  const open = states.filter(({ status }) => status !== 'Current')
  const total = states.length
  const counts = { good: total - open.length, total }
  const lead = `${counts.good} of ${total} ${what}`
  return {
    ...{ id, counts, status: worst(open), objects: open.map(({ object }) => object) },
    message: open.length === 0 ? lead : [lead, ...lines(open)].join('; '),
  }
}

/** A result of something that could not be read. */
export function unknownResult(id: string, message: string): CheckResult {
  return { id, status: 'unknown', message, objects: [] }
}

function worst(states: readonly ObjectStatus[]): CheckResult['status'] {
  const found = new Set(states.map(({ status }) => judged[status]))
  return (['fail', 'unknown', 'incomplete'] as const).find((status) => found.has(status)) ?? 'pass'
}

/** One line for each reason: a permission that is missing hides many objects at once. */
function lines(states: readonly Counted[]): string[] {
  const byReason = new Map<string, string[]>()
  for (const { name, status, message } of states) {
    const key = status === 'Unknown' ? message : `${name}: ${message}`
    byReason.set(key, [...(byReason.get(key) ?? []), name])
  }
  const all = [...byReason].map(([reason, [first = '', ...others]]) => {
    if (reason.startsWith(`${first}: `)) return reason
    return others.length === 0 ? `${first}: ${reason}` : `${first} and ${others.length} more: ${reason}`
  })
  return all.length > shown ? [...all.slice(0, shown), `and ${all.length - shown} more`] : all
}
