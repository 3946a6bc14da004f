import { UpgradeError } from '../errors.js'
import { takeLock } from '../execute/lock.js'
import type { Interrupts } from '../ports/interrupts.js'
import { isOwnRevision } from '../execute/own-revision.js'
import { beginRecord, markDied, readRecord } from '../execute/run-record.js'
import type { UpgradeOutcome } from '../model/outcome.js'
import { newestRevision, releaseCommand } from '../model/release.js'
import type { RunRecord } from '../model/run-record.js'
import type { WritePorts } from '../ports/ports.js'
import { refuseStale } from './refuse-stale.js'
import { readRun, type FoundRun } from './find-run.js'
import { hooksBeforeRun } from './hooks.js'
import { endRun, identityOf, noteInJournal, running, type LiveRun } from './live-run.js'
import { resumeHops, type ResumePoint } from './run-hops.js'

/**
 * Goes on with a run whose process ended, from what is true in the cluster. Throws `LockHeld` where it still
 * runs, `PlanStale` where somebody else changed what it is about, and `RunAbsent` where it ended well.
 */
export async function resumeUpgrade(
  wished: FoundRun,
  ports: WritePorts,
  interrupts: Interrupts,
): Promise<UpgradeOutcome> {
  const { plan, store, request } = wished
  const { runId } = store.location
  const lock = await takeLock(plan.release, runId, ports, { resumes: runId, signal: interrupts.finishStep })
  try {
    // Until now its process may have gone on.
    const found: FoundRun = { ...(await readRun(store)), request }
    const point = resumePoint(found, await readRecord(plan.release, ports))
    const run: LiveRun = { ...found, lock, ports, interrupts, startedAt: ports.clock.now() }
    await markDied(plan.release, ports)
    if (hasChanged(found)) await refuseForeign(found, point, ports)
    else await refuseStale(found, ports)
    await hooksBeforeRun(run)
    await beginRecord(identityOf(run), { ...running(run, point.hop), message: 'resumed' }, ports)
    await noteInJournal(run, { part: 'run', phase: 'resumed', message: `from hop ${point.hop + 1}` })
    return await resumeHops(run, point)
  } finally {
    await endRun({ lock, ports })
  }
}

/** True once a step that changes the cluster had begun. */
export function hasChanged({ plan, progress }: Pick<FoundRun, 'plan' | 'progress'>): boolean {
  const changing = plan.hops.flatMap(({ steps }) => steps.flatMap(({ id, mutates }) => (mutates ? [id] : [])))
  return changing.some((id) => progress.begun.includes(id))
}

/** Refuses where the release is neither as the hop found it nor as this run left it. Throws `PlanStale`. */
async function refuseForeign(
  { plan, payloads }: FoundRun,
  { hop, isBegun }: ResumePoint,
  { releases }: Pick<WritePorts, 'releases'>,
): Promise<void> {
  const newest = await releases.readNewestRevision(plan.release)
  if (!newest) throw new UpgradeError('PlanStale', `release ${plan.release.name} is gone`)
  const [before, now] = [payloads[hop - 1], payloads[hop]]
  const { releaseRevision, releaseStatus, chartVersion } = newest
  // A hop that was not planned on live data knows only what was foreseen of the release.
  const isUntouched = isBegun && now !== undefined && releaseRevision === newestRevision(now.release.history)
  const made = isBegun ? now : before
  if (isUntouched || (made && isOwnRevision(newest, made))) return
  const what = `the release is at revision ${releaseRevision} (${releaseStatus}, chart ${chartVersion}), which this run did not make`
  throw new UpgradeError('PlanStale', what)
}

/** Where to go on; a run that ended well and could not say so any more only looks again. */
function resumePoint({ plan, progress, store }: FoundRun, record: RunRecord | undefined): ResumePoint {
  const ended = (part: string): string | undefined =>
    progress.parts.find((known) => known.part === part)?.ended
  if (progress.parts.some(({ part }) => part === 'rollback')) {
    throw new UpgradeError('RunAbsent', `run ${store.location.runId} was being taken back elsewhere`, {
      remedy: `Go on with that: ${releaseCommand('rollback', plan.release)}`,
    })
  }
  const isUntold = record?.run === store.location.runId && record.phase !== 'Succeeded'
  if (ended('run') === 'succeeded' && !isUntold) {
    throw new UpgradeError('RunAbsent', `run ${store.location.runId} has ended well: nothing to resume`, {
      remedy: `Look at it: ${releaseCommand('status', plan.release)}; take it back: ${releaseCommand('rollback', plan.release)}`,
    })
  }
  const doneHops = plan.hops.findIndex((_, index) => ended(`hop-${index + 1}`) !== 'succeeded')
  const hop = doneHops === -1 ? plan.hops.length - 1 : doneHops
  const doneSteps = plan.hops.slice(0, hop).flatMap(({ steps }) => steps.map(({ id }) => id))
  const isBegun = progress.parts.some(({ part }) => part === `hop-${hop + 1}`)
  return { hop, isBegun, doneSteps }
}
