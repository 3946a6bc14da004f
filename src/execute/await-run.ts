import { messageOf, UpgradeError } from '../errors.js'
import type { ReleaseName } from '../model/release.js'
import type { RunPhase, RunState } from '../model/run-record.js'
import type { ProgressSink } from '../ports/outside.js'
import type { Clock } from '../ports/outside.js'
import type { ReadLockPorts } from './read-lock.js'
import { readRun, type SeenRun } from './run-record.js'

const everyMs = 1000

export interface AwaitedRun extends SeenRun {
  /** True where the time was over before the run was. */
  timedOut: boolean
  waitedMs: number
}

export interface AwaitOptions {
  /** Ends the waiting as soon as the run is in this phase, and not only when it is over. */
  phase?: RunPhase
  timeoutMs: number
}

/**
 * Waits until the run of the release is over or in the wanted phase, looking once a second and telling what
 * it waits for. Where no run has begun it waits for one. Throws what makes waiting pointless: no permission.
 */
export async function awaitRun(
  release: ReleaseName,
  { phase, timeoutMs }: AwaitOptions,
  ports: Omit<ReadLockPorts, 'clock'> & { clock: Pick<Clock, 'now' | 'sleep'>; progress: ProgressSink },
): Promise<AwaitedRun> {
  const startedAt = ports.clock.now()
  let told = ''
  const tell = (message: string): void => {
    if (message !== told) ports.progress({ type: 'step-progress', message })
    told = message
  }
  ports.progress({ type: 'stage', title: `waiting for the run of ${release.name} in ${release.namespace}` })
  for (let waitedMs = 0; ; waitedMs += everyMs) {
    const seen = await readRun(release, ports).catch((error: unknown) => {
      if (isRefused(error)) throw error
      tell(`cannot be read, asking again: ${messageOf(error)}`)
      return undefined
    })
    const elapsed = { waitedMs: Math.max(0, ports.clock.now() - startedAt) }
    if (seen && (isOver(seen.state) || (phase !== undefined && seen.record?.phase === phase))) {
      return { ...seen, ...elapsed, timedOut: false }
    }
    if (seen) tell(describe(seen))
    if (waitedMs >= timeoutMs) return { ...(seen ?? { state: 'unknown' }), ...elapsed, timedOut: true }
    await ports.clock.sleep(Math.min(everyMs, timeoutMs - waitedMs))
  }
}

function isOver(state: RunState): boolean {
  return state !== 'none' && state !== 'running' && state !== 'unknown'
}

function isRefused(error: unknown): boolean {
  return error instanceof UpgradeError && ['401', '403'].includes(error.details.status ?? '')
}

function describe({ record, lock }: SeenRun): string {
  if (!record) return lock ? `${lock.holder} is about to begin` : 'no run has begun yet'
  const { run, hop, step, updatedAt } = record
  const parts = [hop && `hop ${hop}`, step && `step ${step}`, updatedAt && `since ${updatedAt}`]
  return [`run ${run}`, ...parts.filter(Boolean)].join(', ')
}
