import type { Hook } from './hooks.js'
import type { RunWishes } from './upgrade-request.js'

/** What this call says of hooks and of whom to tell; what it does not say is absent. */
export interface GivenWishes {
  hooks?: Hook[]
  timeoutMs?: number
  deadlineMs?: number
  notify?: string[]
}

const defaults = { hooks: [] as Hook[], timeoutMs: 60_000, deadlineMs: 30 * 60_000 }

/** What was wished before, with what this call says instead. */
export function withWishes(before: RunWishes, { notify: told, ...given }: GivenWishes): RunWishes {
  const settings = { ...defaults, ...before.hooks, ...given }
  const notify = told ?? before.notify ?? []
  return {
    ...(settings.hooks.length > 0 ? { hooks: settings } : {}),
    ...(notify.length > 0 ? { notify } : {}),
  }
}
