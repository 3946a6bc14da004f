import type { Hook } from './hooks.js'
import type { RunWishes } from './upgrade-request.js'

/** What this call says of hooks and of whom to tell; what it does not say is absent. */
export interface GivenWishes {
  hooks?: Hook[]
  timeoutMs?: number
  deadlineMs?: number
  notify?: string[]
}

const defaults = { timeoutMs: 60_000, deadlineMs: 30 * 60_000 }

/** What was wished before, with what this call says instead. */
export function withWishes(before: RunWishes, given: GivenWishes): RunWishes {
  const known = before.hooks
  const hooks = given.hooks ?? known?.hooks ?? []
  const notify = given.notify ?? before.notify ?? []
  const timeoutMs = given.timeoutMs ?? known?.timeoutMs ?? defaults.timeoutMs
  const deadlineMs = given.deadlineMs ?? known?.deadlineMs ?? defaults.deadlineMs
  return {
    ...(hooks.length > 0 ? { hooks: { hooks, timeoutMs, deadlineMs } } : {}),
    ...(notify.length > 0 ? { notify } : {}),
  }
}
