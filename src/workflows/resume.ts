import { UpgradeError } from '../errors.js'
import { takeLock } from '../execute/lock.js'
import type { Interrupts } from '../ports/interrupts.js'
import { beginRecord, markDied } from '../execute/run-record.js'
import type { UpgradeOutcome } from '../model/outcome.js'
import type { WritePorts } from '../ports/ports.js'
import { refuseStale } from './refuse-stale.js'
import type { FoundRun } from './find-run.js'
import { hooksBeforeRun } from './hooks.js'
import { endRun, identityOf, noteInJournal, running, type LiveRun } from './live-run.js'
import { resumeHops, type ResumePoint } from './run-hops.js'

/**
 * Goes on with a run whose process ended, from what is true in the cluster. Throws `LockHeld` where it still
 * runs, `PlanStale` where somebody else changed what it is about, and `RunAbsent` where it ended well.
 */
export async function resumeUpgrade(
  found: FoundRun,
  ports: WritePorts,
  interrupts: Interrupts,
): Promise<UpgradeOutcome> {
  const { plan, store } = found
  const { runId } = store.location
  const point = resumePoint(found)
  const lock = await takeLock(plan.release, runId, ports, { resumes: runId, signal: interrupts.finishStep })
  const run: LiveRun = { ...found, lock, ports, interrupts, startedAt: ports.clock.now() }
  try {
    await hooksBeforeRun(run)
    if (!hasChanged(found)) await refuseStale(found, ports)
    await markDied(plan.release, ports)
    await beginRecord(identityOf(run), { ...running(run, point.hop), message: 'resumed' }, ports)
    await noteInJournal(run, { part: 'run', phase: 'resumed', message: `from hop ${point.hop + 1}` })
    return await resumeHops(run, point)
  } finally {
    await endRun(run)
  }
}

/** True once a step that changes the cluster had begun. */
export function hasChanged({ plan, progress }: Pick<FoundRun, 'plan' | 'progress'>): boolean {
  const changing = plan.hops.flatMap(({ steps }) => steps.flatMap(({ id, mutates }) => (mutates ? [id] : [])))
  return changing.some((id) => progress.begun.includes(id))
}

function resumePoint({ plan, progress, store }: FoundRun): ResumePoint {
  const ended = (part: string): string | undefined =>
    progress.parts.find((known) => known.part === part)?.ended
  if (ended('run') === 'succeeded') {
    throw new UpgradeError('RunAbsent', `run ${store.location.runId} has ended well: nothing to resume`, {
      remedy: 'Look at it: {program} status; take it back: {program} rollback',
    })
  }
  const doneHops = plan.hops.findIndex((_, index) => ended(`hop-${index + 1}`) !== 'succeeded')
  const hop = doneHops === -1 ? plan.hops.length - 1 : doneHops
  const doneSteps = plan.hops.slice(0, hop).flatMap(({ steps }) => steps.map(({ id }) => id))
  const isBegun = progress.parts.some(({ part }) => part === `hop-${hop + 1}`)
  return { hop, isBegun, doneSteps }
}
