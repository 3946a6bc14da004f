import { meshExpectations } from '../diagnose/mesh-expectations.js'
import { readCluster } from '../discover/read-cluster.js'
import { UpgradeError } from '../errors.js'
import { takeLock } from '../execute/lock.js'
import { resumeSteps, runSteps, type StepRunner } from '../execute/run-steps.js'
import { beginRecord, markDied, readRecord } from '../execute/run-record.js'
import { stepRunners } from '../execute/steps/registry.js'
import { compareResources } from '../execute/compare-resources.js'
import { isGoing } from '../execute/put-crds-back.js'
import type { Interrupts } from '../ports/interrupts.js'
import { settlePending } from '../execute/mend-pending.js'
import { awaitItsRevision, settleHelm } from '../execute/tell-helm.js'
import type { Consent } from '../model/consent.js'
import type { LiveCrd } from '../model/crd.js'
import type { RunProgress } from '../model/journal.js'
import { canonicalJson } from '../model/digest.js'
import { refOf, type KubeObject } from '../model/kube-object.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { UpgradeOutcome } from '../model/outcome.js'
import type { Hop } from '../model/plan.js'
import type { PlanPayload } from '../model/prepared.js'
import { newestRevision, releaseCommand, type ReleaseSnapshot } from '../model/release.js'
import type { RollbackPlan } from '../model/rollback-plan.js'
import { unmetChecks, type Verdict } from '../model/verdict.js'
import { aimCommand } from '../plan/aim-commands.js'
import { isWorkload } from '../plan/objects/is-workload.js'
import { manifestScope, parseManifest, type ManifestScope } from '../plan/objects/parse-manifest.js'
import { planRollback } from '../plan/rollback/plan-rollback.js'
import type { ReadPorts, WritePorts } from '../ports/ports.js'
import type { HopStore } from '../ports/run-store.js'
import { verifyUpgrade } from '../verify/verify-upgrade.js'
import { runEnded } from './after-run.js'
import { hooksBeforeRun } from './hooks.js'
import { recreatedBack } from './find-remedies.js'
import { readRun, type FoundRun } from './find-run.js'
import {
  awayOf,
  endRun,
  identityOf,
  noteInJournal,
  orNote,
  showRun,
  tellEvent,
  type LiveRun,
} from './live-run.js'
import { contextOf, workloadsOf } from './run-hops.js'
import { isForeignRevision, touchedSince } from './since-run.js'

const part = 'rollback'

/**
 * Plans the way back to before a run: what differs from the backup and from the revision of before. Changes
 * nothing. Throws `BackupDamaged` where the backup is not whole, `RunAbsent` where nothing was changed.
 */
export async function prepareRollback(
  { plan, payloads, progress, store }: Pick<FoundRun, 'plan' | 'payloads' | 'progress' | 'store'>,
  ports: WritePorts,
): Promise<RollbackPlan> {
  const [payload] = payloads
  const hops = changedHops({ plan, progress })
  if (!payload || hops.length === 0) {
    throw new UpgradeError('RunAbsent', `run ${store.location.runId} changed nothing: nothing to take back`, {
      remedy: `Upgrade again: ${releaseCommand('upgrade', plan.release)}`,
    })
  }
  const files = store.hop(1)
  await files.openBackup()
  const backupCrds = await files.readBackupCrds()
  const names = [
    ...backupCrds.map(({ name }) => name),
    ...hops.flatMap(({ crds }) => crds.map(({ name }) => name)),
  ]
  const [cluster, newest, liveCrds] = await Promise.all([
    readCluster(ports),
    ports.releases.readNewestRevision(plan.release),
    ports.cluster.readCrds([...new Set(names)]),
  ])
  if (!newest) throw new UpgradeError('PlanStale', `release ${plan.release.name} is gone`)
  const scope = manifestScope(plan.release.namespace, cluster.servedKinds)
  const objectsOf = ({ manifest }: ReleaseSnapshot): KubeObject[] =>
    parseManifest(manifest.reveal(), scope).objects
  const beforeObjects = objectsOf(payload.release)
  const newestObjects = objectsOf(newest)
  return planRollback({
    runId: store.location.runId,
    ...{ cluster, hops, before: payload.release, newest, backupCrds, liveCrds },
    lostResources: await lostResources(payload, files, liveCrds, ports),
    isForeign: isForeignRevision(newest, payloads),
    touched: await touchedSince({ plan, payload, files }, liveCrds, ports),
    workloads: beforeObjects.filter(isWorkload).map(refOf),
    webhookPrograms: meshExpectations(payload.release).flatMap(({ type, by }) =>
      type === 'webhook' ? by : [],
    ),
    newestObjects: newestObjects.map(refOf),
    newestHooks: (newest.hooks ?? []).map(({ object }) => scopedRef(object, scope)),
    beforeObjects: beforeObjects.map(refOf),
    ...(await recreatedBack(newestObjects, beforeObjects, ports)),
    backupFolder: files.backupFolder,
    rollbackCommand: (toRevision) =>
      ports.helm.rollbackCommand({
        releaseName: plan.release.name,
        namespace: plan.release.namespace,
        toRevision,
        timeoutMs: payload.timeoutMs,
        extraArguments: [],
      }),
    clusterFlags: payload.clusterFlags,
  })
}

/**
 * Before the way back is planned: a helm that outlived its run is let make its revision, and a run that died
 * before it changed anything is closed: its lock goes and its record says so, so that nobody waits for it.
 * Throws `LockHeld` where such a run still goes on.
 */
export async function beforeRollback(found: FoundRun, ports: WritePorts): Promise<void> {
  const last = changedHops(found).length
  const payload = found.payloads[last - 1]
  if (payload) {
    const wanted = { release: found.plan.release, after: newestRevision(payload.release.history) }
    return awaitItsRevision(found.store.hop(last).folder, wanted, ports)
  }
  const never = new AbortController().signal
  await withLock(found, ports, { finishStep: never, stopNow: never }, async () => undefined)
}

/** The hops of which a step that changes the cluster was begun. */
function changedHops({ plan, progress }: Pick<FoundRun, 'plan' | 'progress'>): Hop[] {
  return plan.hops.filter(({ steps }) =>
    steps.some(({ id, mutates }) => mutates && progress.begun.includes(id)),
  )
}

/** helm stores a namespace for every hook, also where its kind has none. */
function scopedRef({ namespace, ...ref }: ObjectRef, { clusterScoped }: ManifestScope): ObjectRef {
  const [group = ''] = ref.apiVersion.includes('/') ? ref.apiVersion.split('/') : []
  const isScoped = namespace === undefined || clusterScoped.has(`${group}/${ref.kind}`)
  return isScoped ? ref : { ...ref, namespace }
}

/** How many custom resources of the backup are gone or differ, by CRD; all of a CRD that is gone. */
async function lostResources(
  { customResourceKinds }: PlanPayload,
  files: HopStore,
  liveCrds: readonly LiveCrd[],
  ports: ReadPorts,
): Promise<Map<string, number>> {
  // Objects of a CRD that is being deleted are as good as gone.
  const live = new Set(liveCrds.filter((crd) => !isGoing(crd)).map(({ name }) => name))
  const counted = customResourceKinds.map(async (kind): Promise<[string, number]> => {
    if (!live.has(kind.crd)) return [kind.crd, (await files.readBackupSummaries(kind)).length]
    const { missing, changed } = await compareResources(kind, { files, ports })
    return [kind.crd, missing.length + changed.length]
  })
  return new Map((await Promise.all(counted)).filter(([, count]) => count > 0))
}

/** Takes a run back as consented to. Throws `LockHeld`; a failure after that is an outcome. */
export async function performRollback(
  { found, rollback }: { found: FoundRun; rollback: RollbackPlan },
  consent: Consent,
  ports: WritePorts,
  interrupts: Interrupts,
): Promise<UpgradeOutcome> {
  if (consent.planDigest !== rollback.digest)
    throw new UpgradeError('PlanStale', 'the consent is for another plan')
  return withLock(found, ports, interrupts, async (run, now) => {
    if (canonicalJson(now.progress) !== canonicalJson(found.progress))
      throw new UpgradeError('PlanStale', 'the run went on after its rollback was planned')
    await hooksBeforeRun(run, part)
    const { hooks, notify } = run.request
    await run.store.writeRollbackWishes({ ...(hooks ? { hooks } : {}), ...(notify ? { notify } : {}) })
    await run.store.writeRollbackPlan(rollback)
    return runEnded(run, await rollBack(run, rollback, runSteps))
  })
}

/** Goes on with a rollback whose process ended. Throws `LockHeld`. */
export async function resumeRollback(
  found: FoundRun & { rollback: RollbackPlan },
  ports: WritePorts,
  interrupts: Interrupts,
): Promise<UpgradeOutcome> {
  return withLock(found, ports, interrupts, async (run, { rollback = found.rollback, progress }) => {
    await refuseEnded(run, progress)
    await hooksBeforeRun(run, part)
    return runEnded(run, await rollBack(run, rollback, resumeSteps))
  })
}

/** A way back is gone once: afterwards the release is others' to change. Throws `RunAbsent` and `PlanStale`. */
async function refuseEnded({ plan, payloads, store, ports }: LiveRun, { parts }: RunProgress): Promise<void> {
  const { runId } = store.location
  const record = await readRecord(plan.release, ports)
  const isTold = record?.run !== runId || record.phase === 'RolledBack'
  if (parts.some((known) => known.part === part && known.ended === 'succeeded') && isTold) {
    throw new UpgradeError('RunAbsent', `run ${runId} has been taken back: nothing to resume`, {
      remedy: `Look at it: ${releaseCommand('status', plan.release)}; upgrade again: ${releaseCommand('upgrade', plan.release)}`,
    })
  }
  const newest = await ports.releases.readNewestRevision(plan.release)
  if (!newest) throw new UpgradeError('PlanStale', `release ${plan.release.name} is gone`)
  if (!isForeignRevision(newest, payloads)) return
  const { releaseRevision, releaseStatus, chartVersion } = newest
  const what = `the release is at revision ${releaseRevision} (${releaseStatus}, chart ${chartVersion}), which neither this run nor its way back made`
  throw new UpgradeError('PlanStale', what)
}

async function withLock<T>(
  { plan, store, request }: FoundRun,
  ports: WritePorts,
  interrupts: Interrupts,
  work: (run: LiveRun, now: FoundRun) => Promise<T>,
): Promise<T> {
  const { runId } = store.location
  const options = { resumes: runId, signal: interrupts.finishStep }
  const lock = await takeLock(plan.release, runId, ports, options)
  try {
    // Until now its process may have gone on.
    const now: FoundRun = { ...(await readRun(store)), request }
    await markDied(plan.release, ports)
    return await work({ ...now, lock, ports, interrupts, startedAt: ports.clock.now() }, now)
  } finally {
    await endRun({ lock, ports })
  }
}

/** Runs the steps back, under the lock of the run. */
export async function rollBack(
  run: LiveRun,
  rollback: RollbackPlan,
  work: typeof runSteps,
): Promise<UpgradeOutcome> {
  const { plan, ports, store, interrupts, payloads, request } = run
  const [first] = payloads
  if (!first) throw new Error('the run has no hop')
  const payload = { ...first, timeoutMs: request.rollbackTimeoutMs ?? first.timeoutMs }
  await beginRecord(identityOf(run), { phase: 'Running', hop: part, message: 'rolling back' }, ports)
  await noteInJournal(run, { part, phase: 'started', message: `back to ${rollback.to.chartVersion}` })
  for (let hop = 1; hop <= plan.hops.length; hop++) {
    // What is taken back need not be finished first.
    await settleHelm(store.hop(hop).folder, 0, run)
  }
  // One that cannot be seen from here may still be at work: nothing is changed under its hands.
  await settlePending(plan.release, { ports, interrupts, files: store.hop(1), payload })
  let verdict: Verdict | undefined
  const verify: StepRunner = {
    async run() {
      verdict = await verifyRollback(run, rollback, payload)
      if (verdict.outcome !== 'pass') throw new UpgradeError('StepFailed', unmetChecks(verdict))
    },
    probe: async () => ({ state: 'not-done', message: 'looks again' }),
  }
  const context = {
    ...contextOf(run, 0, { part, steps: rollback.steps, payload }),
    begin: async () => undefined,
  }
  const { doneSteps, failure } = await work({ ...stepRunners, verify }, context)
  const stopped = interrupts.finishStep.aborted ? 'interrupted' : 'failed'
  const message = failure ? `${failure.step}: ${failure.message}` : `back at ${rollback.to.chartVersion}`
  const noted = noteInJournal(run, { part, phase: failure ? stopped : 'succeeded', message })
  await orNote(noted, 'the journal could not be written', ports)
  const phase = failure ? phaseOf[stopped] : 'RolledBack'
  await showRun(run, { phase, hop: part, message })
  await tellEvent(run, failure ? 'MeshUpgradeFailed' : 'MeshUpgradeRolledBack', message)
  const elapsedMs = ports.clock.now() - run.startedAt
  const common = {
    plan,
    rollback,
    run: store.location,
    doneSteps,
    elapsedMs,
    ...(await awayOf(run)),
    ...(verdict ? { verdict } : {}),
  }
  if (!failure) return { ...common, result: 'rolled-back' }
  const next = ['troubleshoot', 'resume'].map((verb) => releaseCommand(verb, plan.release))
  const nextCommands = next.map((command) => aimCommand(command, payload.clusterFlags))
  return { ...common, result: stopped, failure: { ...failure, changed: true, nextCommands } }
}

const phaseOf = { interrupted: 'Interrupted', failed: 'Failed' } as const

async function verifyRollback(
  { plan, store, ports, interrupts }: LiveRun,
  { to, steps }: RollbackPlan,
  { liveCrds, customResourceKinds }: PlanPayload,
): Promise<Verdict> {
  return verifyUpgrade(
    {
      release: plan.release,
      expectedChartVersion: to.chartVersion,
      workloads: workloadsOf(steps),
      expectedCrds: liveCrds.map(({ name }) => name),
      crdsBefore: liveCrds,
      // Where the run deleted them, they were made again by it or by this.
      remade: [
        ...plan.hops.flatMap(({ crds }) =>
          crds.flatMap(({ name, action }) => (action === 'recreate' ? [name] : [])),
        ),
        ...steps.flatMap((step) => (step.type === 'restore-resources' ? step.crds : [])),
      ],
      ...{ customResourceKinds, store: store.hop(1), signal: interrupts.finishStep },
    },
    ports,
  )
}
