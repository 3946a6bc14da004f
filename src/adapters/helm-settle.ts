import { existsSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LingeringHelm } from '../model/lingering-helm.js'
import type { SettledHelm } from '../ports/helm.js'
import { FileTail } from './file-tail.js'
import { logFiles } from './helm-change.js'
import { lookAgain, recordGone } from './helm-child.js'

const lookEveryMs = 200

export interface SettleOptions {
  waitMs: number
  /** How long SIGTERM is given. */
  graceMs: number
}

/** Waits for a helm of an earlier process of ours, telling what it writes; then, or when asked to, ends it by SIGTERM. */
export async function settleHelm(
  helm: LingeringHelm,
  { waitMs, graceMs }: SettleOptions,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<SettledHelm> {
  if (helm.state === 'unknown') return 'not-ended'
  const files = logFiles(helm.logFolder).filter((file) => existsSync(file))
  const tails = files.map((file) => new FileTail(file, onLine))
  try {
    const isGone = (): boolean => lookAgain(helm) === 'gone'
    const ended = await lookUntil(isGone, { tails, withinMs: waitMs, signal })
    if (!ended && !terminate(helm)) return 'not-ended'
    const gone = ended || (await lookUntil(isGone, { tails, withinMs: graceMs }))
    if (!gone) return 'not-ended'
    recordGone(helm.logFolder)
    return ended ? 'ended' : 'terminated'
  } finally {
    for (const tail of tails) tail.finish()
  }
}

/** False where it is not ours to end. */
function terminate({ pid }: LingeringHelm): boolean {
  if (pid === undefined) return false
  try {
    process.kill(pid, 'SIGTERM')
    return true
  } catch (error) {
    // Gone between the look and now.
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

interface Looking {
  tails: readonly FileTail[]
  withinMs: number
  signal?: AbortSignal
}

async function lookUntil(isGone: () => boolean, { tails, withinMs, signal }: Looking): Promise<boolean> {
  const startedAt = performance.now()
  for (;;) {
    for (const tail of tails) tail.read()
    if (isGone()) return true
    if (signal?.aborted === true || performance.now() - startedAt >= withinMs) return false
    const left = withinMs - (performance.now() - startedAt)
    await sleep(Math.max(0, Math.min(lookEveryMs, left)), undefined, signal ? { signal } : {}).catch(
      () => undefined,
    )
  }
}
