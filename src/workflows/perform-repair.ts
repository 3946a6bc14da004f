import { releaseCommand } from '../model/release.js'
import { UpgradeError } from '../errors.js'
import { takeLock } from '../execute/lock.js'
import { readLock } from '../execute/read-lock.js'
import { beginRecord, markDied } from '../execute/run-record.js'
import { resumeSteps, runSteps, type RunResult, type StepRunner } from '../execute/run-steps.js'
import { stepRunners } from '../execute/steps/registry.js'
import type { Consent } from '../model/consent.js'
import type { RunFailure, UpgradeOutcome } from '../model/outcome.js'
import type { Hop, UpgradePlan } from '../model/plan.js'
import type { PlanPayload, PreparedUpgrade } from '../model/prepared.js'
import { awaySince } from '../model/resources-away.js'
import type { Diagnosis } from '../model/rollout.js'
import { unmetChecks, type Verdict } from '../model/verdict.js'
import { aimCommand } from '../plan/aim-commands.js'
import { kindsAfter } from '../plan/repair/bridging-kinds.js'
import type { Interrupts } from '../ports/interrupts.js'
import type { ReadPorts, WritePorts } from '../ports/ports.js'
import { verifyUpgrade } from '../verify/verify-upgrade.js'
import type { FoundRun } from './find-run.js'
import {
  awayOf,
  beginRun,
  endRun,
  identityOf,
  noteInJournal,
  openRun,
  orNote,
  running,
  showRun,
  tellEvent,
  type LiveRun,
} from './live-run.js'
import { refuseStale } from './refuse-stale.js'
import { contextOf, workloadsOf } from './run-hops.js'

const part = 'hop-1'

/** Does what was consented to, under the lock. Throws `LockHeld` and `PlanStale` before anything is changed. */
export async function performRepair(
  prepared: PreparedUpgrade,
  consent: Consent,
  ports: WritePorts,
  interrupts: Interrupts,
): Promise<UpgradeOutcome> {
  const left = await leftBehind(prepared.plan, ports)
  const run = await openRun(prepared, consent, { ports, interrupts, ...left })
  try {
    await refuseStale(prepared, aboutNewest(ports))
    const begun = isRecorded(run) ? await beginRun(run, consent) : await beginUnrecorded(run, consent)
    return await runRepair(begun, runSteps)
  } finally {
    await endRun(run)
  }
}

/** A repair that was killed has started nothing that lives on: its lock need not run out, the same command converges. */
async function leftBehind(
  { cluster, release }: UpgradePlan,
  ports: WritePorts,
): Promise<{ resumes?: string }> {
  const { runId } = (await readLock(release, ports)) ?? {}
  const store = runId === undefined ? undefined : await ports.runs.find(cluster.uid, release, runId)
  const before = await store?.readPlan().catch(() => undefined)
  return runId !== undefined && before?.plan.purpose ? { resumes: runId } : {}
}

/** Goes on with a fix whose process ended, from what is true in the cluster. Throws `LockHeld`. */
export async function resumeRepair(
  found: FoundRun,
  ports: WritePorts,
  interrupts: Interrupts,
): Promise<UpgradeOutcome> {
  const { plan, store, progress } = found
  const { runId } = store.location
  if (progress.parts.some(({ part: name, ended }) => name === 'run' && ended === 'succeeded')) {
    throw new UpgradeError('RunAbsent', `run ${runId} has ended well: nothing to resume`, {
      remedy: `Look at it: ${releaseCommand('status', plan.release)}`,
    })
  }
  const options = { resumes: runId, signal: interrupts.finishStep }
  const lock = await takeLock(plan.release, runId, ports, options)
  const run: LiveRun = { ...found, lock, ports, interrupts, startedAt: ports.clock.now() }
  try {
    if (isRecorded(run)) {
      await markDied(plan.release, ports)
      await beginRecord(identityOf(run), { ...running(run, 0), message: 'resumed' }, ports)
    }
    await noteInJournal(run, { part: 'run', phase: 'resumed', message: 'from what is true in the cluster' })
    return await runRepair(run, resumeSteps)
  } finally {
    await endRun(run)
  }
}

/** A restart leaves the record of the upgrade before it alone: that is what `rollback` and `resume` go by. */
function isRecorded({ plan }: Pick<LiveRun, 'plan'>): boolean {
  return plan.purpose !== 'restart'
}

async function beginUnrecorded(run: LiveRun, { planDigest, how }: Consent): Promise<LiveRun> {
  const { plan, request, store, payloads, ports } = run
  await store.writePlan(plan, request)
  for (const [index, payload] of payloads.entries()) await store.hop(index + 1).writeInputs(payload)
  const evidence = { planDigest, how, holder: ports.clock.holder() }
  await noteInJournal(run, { part: 'run', phase: 'started', message: 'consented', evidence })
  return run
}

async function runRepair(run: LiveRun, work: typeof runSteps): Promise<UpgradeOutcome> {
  const { plan, payloads } = run
  const [hop, payload] = [plan.hops[0], payloads[0]]
  if (!hop || !payload) throw new Error('the plan has no hop')
  await noteInJournal(run, { part, phase: 'started', message: plan.purpose ?? '' })
  let verdict: Verdict | undefined
  const verify: StepRunner = {
    async run() {
      verdict = await verifyRepair(run, hop, payload)
      if (verdict.outcome !== 'pass') throw new UpgradeError('StepFailed', unmetChecks(verdict))
    },
    probe: async () => ({ state: 'not-done', message: 'looks again' }),
  }
  const context = contextOf(run, 0, { part, steps: hop.steps, payload })
  const begin = isRecorded(run) ? context.begin : async () => undefined
  const result = await work({ ...stepRunners, verify }, { ...context, begin })
  return concluded(run, payload, { ...result, ...(verdict ? { verdict } : {}) })
}

async function verifyRepair(run: LiveRun, hop: Hop, payload: PlanPayload): Promise<Verdict> {
  const made = hop.crds.flatMap(({ name, action }) => (action === 'create' ? [name] : []))
  const kept = payload.liveCrds.map(({ name }) => name)
  return verifyUpgrade(
    {
      release: run.plan.release,
      expectedChartVersion: hop.to,
      // A rollout that stalled is why it is repaired: helm has recorded that.
      mayHaveFailed: true,
      workloads: workloadsOf(hop.steps),
      expectedCrds: [...new Set([...kept, ...made])],
      crdsBefore: payload.liveCrds,
      remade: hop.crds.flatMap(({ name, action }) => (action === 'recreate' ? [name] : [])),
      customResourceKinds: kindsAfter(
        payload.customResourceKinds,
        payload.crds.map(({ object }) => object),
      ),
      ...{ store: run.store.hop(1), signal: run.interrupts.finishStep },
    },
    aboutNewest(run.ports),
  )
}

/** The same ports, for which the release is what the cluster was last told to run, also where that failed. */
function aboutNewest<Ports extends ReadPorts>(ports: Ports): Ports {
  const readRelease = ports.releases.readNewestRevision.bind(ports.releases)
  return { ...ports, releases: { ...ports.releases, readRelease } }
}

async function concluded(
  run: LiveRun,
  payload: PlanPayload,
  { doneSteps, failure, verdict }: RunResult & { verdict?: Verdict },
): Promise<UpgradeOutcome> {
  const { plan, ports, store, interrupts } = run
  const stopped = interrupts.finishStep.aborted ? 'interrupted' : 'failed'
  await tellEnd(run, failure ? stopped : 'succeeded', failure)
  const elapsedMs = ports.clock.now() - run.startedAt
  const told = { ...(await awayOf(run)), ...(verdict ? { verdict } : {}) }
  const common = { plan, run: store.location, doneSteps, elapsedMs, ...told }
  if (!failure) return { ...common, result: 'repaired' }
  const diagnosis = failure.changed ? await diagnosed(run, payload) : undefined
  return {
    ...common,
    result: stopped,
    failure: { ...failure, nextCommands: await nextCommands(run, payload, failure) },
    ...(diagnosis ? { diagnosis } : {}),
  }
}

type Ending = 'succeeded' | 'failed' | 'interrupted'
const phases = { succeeded: 'Succeeded', failed: 'Failed', interrupted: 'Interrupted' } as const

/** Writes down how it ended, on disk and in the cluster. */
async function tellEnd(run: LiveRun, phase: Ending, failure: RunResult['failure']): Promise<void> {
  const message = failure ? `${failure.step}: ${failure.message}` : 'done'
  for (const each of [part, 'run']) {
    const noted = noteInJournal(run, { part: each, phase, message })
    await orNote(noted, 'the journal could not be written', run.ports)
  }
  if (!isRecorded(run)) return
  await showRun(run, { phase: phases[phase], message })
  await tellEvent(run, failure ? 'MeshUpgradeFailed' : 'MeshUpgradeSucceeded', message)
}

async function diagnosed(run: LiveRun, payload: PlanPayload): Promise<Diagnosis | undefined> {
  const { steps } = run.plan.hops[0] ?? { steps: [] }
  return contextOf(run, 0, { part, steps, payload })
    .diagnose()
    .catch(() => undefined)
}

/** The same command once more converges; the backup alone brings back what is away. */
async function nextCommands(
  { plan, store }: LiveRun,
  { clusterFlags }: PlanPayload,
  { changed }: Pick<RunFailure, 'changed'>,
): Promise<string[]> {
  const { name, namespace } = plan.release
  const place = `${name} -n ${namespace}`
  const again =
    plan.purpose === 'restart'
      ? `{program} restart ${place} --control-plane`
      : `{program} troubleshoot ${place} --fix`
  const isAway = awaySince(await store.readJournal().catch(() => [])) !== undefined
  const commands = [
    ...(changed ? [`{program} troubleshoot ${place}`] : []),
    again,
    ...(isAway ? [`{program} crds restore ${store.hop(1).backupFolder}`] : []),
  ]
  return commands.map((command) => aimCommand(command, clusterFlags))
}
