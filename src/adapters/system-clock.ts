import { randomBytes } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import type { Clock } from '../ports/outside.js'

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep(ms, signal) {
    return new Promise((resolve) => {
      if (signal?.aborted === true) return resolve()
      const done = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal?.addEventListener('abort', done, { once: true })
    })
  },
  newRunId: () =>
    `${new Date()
      .toISOString()
      .replace(/[-:]|\.\d+/g, '')
      .toLowerCase()}-${randomBytes(3).toString('hex')}`,
  holder: () => `${userName()}@${hostname()} pid ${process.pid}`,
}

/** A container may run as a user without a name. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
