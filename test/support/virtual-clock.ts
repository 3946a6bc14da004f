import type { Clock } from '../../src/ports/outside.js'

export interface VirtualClock extends Clock {
  /** Lets time go by: who sleeps wakes in order, and what they then do is done before the next wakes. */
  pass(ms: number): Promise<void>
  /** Moves the clock's hands alone, as a wrong clock or a machine that slept: nobody wakes. */
  jump(ms: number): void
}

/** A clock that goes only when a test lets it. */
export function virtualClock(holder = 'tester@here pid 1'): VirtualClock {
  let elapsed = 0
  let offset = Date.parse('2026-01-01T00:00:00Z')
  const sleepers = new Set<{ at: number; wake: () => void }>()
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    now: () => offset + elapsed,
    newRunId: () => 'run-1',
    holder: () => holder,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const sleeper = {
          at: elapsed + ms,
          wake: () => {
            sleepers.delete(sleeper)
            signal?.removeEventListener('abort', sleeper.wake)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', sleeper.wake, { once: true })
      }),
    async pass(ms) {
      const end = elapsed + ms
      await settle()
      for (;;) {
        const next = [...sleepers].sort((left, right) => left.at - right.at)[0]
        if (!next || next.at > end) break
        elapsed = Math.max(elapsed, next.at)
        next.wake()
        await settle()
      }
      elapsed = end
    },
    jump(ms) {
      offset += ms
    },
  }
}
