import { messageOf, UpgradeError } from '../errors.js'
import { takeLock, type HeldLock } from '../execute/lock.js'
import type { Interrupts } from '../ports/interrupts.js'
import { runEvents, type RunEventReason } from '../execute/run-events.js'
import { beginRecord, markDied, updateRecord } from '../execute/run-record.js'
import type { Consent } from '../model/consent.js'
import type { JournalLine } from '../model/journal.js'
import type { PreparedUpgrade } from '../model/prepared.js'
import { resourcesAway, type ResourcesAway } from '../model/resources-away.js'
import type { RunChange, RunIdentity } from '../model/run-record.js'
import type { WritePorts } from '../ports/ports.js'
import type { RunStore } from '../ports/run-store.js'

/** A run that holds the lock of its release. */
export interface LiveRun extends PreparedUpgrade {
  store: RunStore
  lock: HeldLock
  ports: WritePorts
  interrupts: Interrupts
  /** Milliseconds since 1970. */
  startedAt: number
}

/**
 * A new run that holds the lock of its release; `resumes` names the run that left one. Throws `LockHeld`, and
 * `PlanStale` where the consent is for another plan.
 */
export async function openRun(
  prepared: PreparedUpgrade,
  consent: Consent,
  { ports, interrupts, ...left }: Pick<LiveRun, 'ports' | 'interrupts'> & { resumes?: string },
): Promise<LiveRun> {
  const { plan } = prepared
  if (consent.planDigest !== plan.digest)
    throw new UpgradeError('PlanStale', 'the consent is for another plan')
  const runId = ports.clock.newRunId()
  const store = await ports.runs.open(plan.cluster.uid, plan.release, runId)
  try {
    const lock = await takeLock(plan.release, runId, ports, { ...left, signal: interrupts.finishStep })
    return { ...prepared, store, lock, ports, interrupts, startedAt: ports.clock.now() }
  } catch (error) {
    // A run that never began leaves no folder for resume to find.
    await ports.runs.remove(plan.cluster.uid, plan.release, runId)
    throw error
  }
}

/**
 * Writes down what the run needs to be resumed, and shows it in the cluster; gives the run with the copies of
 * its charts. Nothing of the mesh is changed yet.
 */
export async function beginRun(run: LiveRun, consent: Consent): Promise<LiveRun> {
  const { plan, store, ports, request } = run
  const valueArguments = request.valueArguments.map(ports.redact)
  await store.writePlan(plan, { ...request, valueArguments })
  const kept = run.payloads.map((payload, index) => store.hop(index + 1).writeInputs(payload))
  const begun = { ...run, payloads: await Promise.all(kept) }
  const { planDigest, how, accepted } = consent
  const evidence = { planDigest, how, accepted, holder: ports.clock.holder() }
  await noteInJournal(begun, { part: 'run', phase: 'started', message: 'consented', evidence })
  await markDied(plan.release, ports)
  await beginRecord(identityOf(begun), { ...running(begun, 0), message: 'upgrade in progress' }, ports)
  const path = `${plan.from.chartVersion} → ${plan.to.chartVersion}`
  await tellEvent(begun, 'MeshUpgradeStarted', `run ${store.location.runId}: ${path}`)
  return begun
}

/** Lets go of the lock; what comes after the outcome must not hide it. */
export async function endRun({ lock, ports }: Pick<LiveRun, 'lock' | 'ports'>): Promise<void> {
  const released = insist(() => lock.release(), ports)
  await orNote(released, 'the lock could not be released; it runs out by itself', ports)
}

/** Shows in the cluster how the run goes on or how it ended. */
export async function showRun(run: LiveRun, change: RunChange): Promise<void> {
  const told = insist(() => updateRecord(identityOf(run), change, run.ports), run.ports)
  await orNote(told, 'the run could not be recorded in the cluster', run.ports)
}

/** A core Event about the run; that it cannot be written is no failure. */
export async function tellEvent(run: LiveRun, reason: RunEventReason, message: string): Promise<void> {
  await runEvents(run.plan.release, run.ports)(reason, message)
}

/** A change of the record while hop `index` (from 0) runs. */
export function running({ plan }: Pick<LiveRun, 'plan'>, index: number): Pick<RunChange, 'phase' | 'hop'> {
  return { phase: 'Running', hop: `${index + 1}/${plan.hops.length}` }
}

/** Notes in the journal how a part of the run, or the whole (`run`), stands. */
export async function noteInJournal(
  { store, ports }: Pick<LiveRun, 'store' | 'ports'>,
  { message, ...line }: Pick<JournalLine, 'part' | 'phase' | 'message' | 'evidence'>,
): Promise<void> {
  await store.appendJournal({
    runId: store.location.runId,
    at: new Date(ports.clock.now()).toISOString(),
    ...{ stepId: 'run', message: ports.redact(message) },
    ...line,
  })
}

/** Pipelines wait for the record and the next run for the lock: a refusal that passes must not keep them. */
async function insist(work: () => Promise<unknown>, { clock }: Pick<WritePorts, 'clock'>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work()
      return
    } catch (error) {
      if (attempt === 3) throw error
      await clock.sleep(1_000)
    }
  }
}

/** The work's failure becomes a note. */
export async function orNote(work: Promise<unknown>, what: string, { progress }: WritePorts): Promise<void> {
  await work.catch((error: unknown) => progress({ type: 'note', message: `${what}: ${messageOf(error)}` }))
}

/** What of a run does not change while it goes on. */
export function identityOf({ plan, store, ports }: LiveRun): RunIdentity {
  return {
    release: plan.release,
    runId: store.location.runId,
    from: plan.from.chartVersion,
    to: plan.to.chartVersion,
    planDigest: plan.digest,
    holder: ports.clock.holder(),
    location: `${ports.processes.self().host}:${store.location.folder}`,
  }
}

/** For how long custom resources were away in this run, by its journal; nothing where they were not. */
export async function awayOf({ store }: Pick<LiveRun, 'store'>): Promise<{ resourcesAway?: ResourcesAway }> {
  const away = resourcesAway(await store.readJournal().catch(() => []))
  return away ? { resourcesAway: away } : {}
}
