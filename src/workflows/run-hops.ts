import { readCluster } from '../discover/read-cluster.js'
import { messageOf, UpgradeError } from '../errors.js'
import type { RunContext } from '../execute/run-context.js'
import { resumeSteps, runSteps, type StepRunner } from '../execute/run-steps.js'
import { stepRunners } from '../execute/steps/registry.js'
import { profileForChart } from '../meshes/registry.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { RunFailure, UpgradeOutcome } from '../model/outcome.js'
import type { Hop } from '../model/plan.js'
import type { PlanPayload } from '../model/prepared.js'
import { lastGoodRevision } from '../model/release.js'
import type { Step } from '../model/step.js'
import { unmetChecks, type Verdict } from '../model/verdict.js'
import { aimCommand } from '../plan/aim-commands.js'
import { assemblePlan } from '../plan/assemble-plan.js'
import { consentChanges } from '../plan/consent-changes.js'
import { diagnoseRelease, type DiagnosisSubject } from '../troubleshoot/diagnose-release.js'
import { verifyUpgrade } from '../verify/verify-upgrade.js'
import { runEnded } from './after-run.js'
import { hooksAfterHop, hooksOf } from './hooks.js'
import { awayOf, noteInJournal, orNote, running, showRun, tellEvent, type LiveRun } from './live-run.js'
import { afterFailure } from './on-failure.js'
import { prepareHop } from './prepare-hop.js'

/** Where a resumed run goes on. */
export interface ResumePoint {
  /** Hop that was under way, from 0. */
  hop: number
  /** False where it was not yet planned on what is live. */
  isBegun: boolean
  /** Steps of the hops before it, which are done. */
  doneSteps: string[]
}

/** Runs all hops of a run; each begins only when the one before it is verified. A failure is an outcome. */
export async function runHops(run: LiveRun): Promise<UpgradeOutcome> {
  const result = await hopsFrom(run, { hop: 0, isBegun: true, doneSteps: [] }, runSteps)
  return runEnded(run, await afterFailure(run, await concluded(run, result)))
}

/** The same for a run whose process ended: the hop that was under way goes on from what is true. */
export async function resumeHops(run: LiveRun, point: ResumePoint): Promise<UpgradeOutcome> {
  const result = await hopsFrom(run, point, resumeSteps)
  return runEnded(run, await afterFailure(run, await concluded(run, result)))
}

type HowSteps = typeof runSteps

interface HopsResult {
  doneSteps: string[]
  verdict?: Verdict
  failure?: Omit<RunFailure, 'nextCommands'>
  /** The hop that failed, from 0. */
  hop: number
}

async function hopsFrom(run: LiveRun, point: ResumePoint, first: HowSteps): Promise<HopsResult> {
  const { hop, isBegun } = point
  const done = [...point.doneSteps]
  let verdict: Verdict | undefined
  for (let index = hop; index < run.plan.hops.length; index++) {
    try {
      await hooksOf(run, { part: `hop-${index + 1}`, hop: index })('before-hop', {})
      // What was foreseen of a later hop is held against what is now live.
      if (index > hop || !isBegun) await planAgain(run, index)
    } catch (error) {
      const changed = index > 0 || first === resumeSteps
      const failure = { step: `begin hop ${index + 1}`, message: messageOf(error), changed }
      return { doneSteps: done, failure, hop: index }
    }
    const result = await runHop(run, index, index === hop ? first : runSteps)
    done.push(...result.doneSteps)
    verdict = result.verdict ?? verdict
    const told = verdict ? { verdict } : {}
    const failure = await hooksAfterHop(run, index, result.failure)
    if (failure) {
      // A hop that is done is a change, whatever the one after it has done.
      const changed = failure.changed || index > 0
      return { doneSteps: done, ...told, failure: { ...failure, changed }, hop: index }
    }
    await tellEvent(
      run,
      'MeshUpgradeHopDone',
      `hop ${index + 1} of ${run.plan.hops.length} is done and verified`,
    )
  }
  return { doneSteps: done, ...(verdict ? { verdict } : {}), hop: run.plan.hops.length - 1 }
}

async function runHop(run: LiveRun, index: number, work: HowSteps): Promise<Omit<HopsResult, 'hop'>> {
  const part = `hop-${index + 1}`
  const [hop, payload] = [run.plan.hops[index], run.payloads[index]]
  if (!hop || !payload) throw new Error(`the plan has no hop ${index + 1}`)
  await noteInJournal(run, { part, phase: 'started', message: `${hop.from} → ${hop.to}` })
  let verdict: Verdict | undefined
  const verify: StepRunner = {
    async run() {
      verdict = await verifyHop(run, hop, payload, index)
      if (verdict.outcome !== 'pass') throw new UpgradeError('StepFailed', unmetChecks(verdict))
    },
    probe: async () => ({ state: 'not-done', message: 'looks again' }),
  }
  const context = contextOf(run, index, { part, steps: hop.steps, payload })
  const result = await work({ ...stepRunners, verify }, context)
  const ended = result.failure ? (run.interrupts.finishStep.aborted ? 'interrupted' : 'failed') : 'succeeded'
  await orNote(
    noteInJournal(run, { part, phase: ended, message: result.failure?.message ?? 'verified' }),
    'the journal could not be written',
    run.ports,
  )
  return { ...result, ...(verdict ? { verdict } : {}) }
}

/** What steps are given; `index` (from 0) names the hop whose files they use. */
export function contextOf(
  run: LiveRun,
  index: number,
  { part, steps, payload }: Pick<RunContext, 'part' | 'steps' | 'payload'>,
): RunContext {
  const { ports, store, interrupts, lock } = run
  return {
    ...{ part, steps, payload, ports, store, hop: index + 1 },
    // Without the lock nothing may go on.
    interrupts: {
      finishStep: AbortSignal.any([interrupts.finishStep, lock.lost]),
      stopNow: AbortSignal.any([interrupts.stopNow, lock.lost]),
    },
    files: store.hop(index + 1),
    hooks: hooksOf(run, { part, ...(part === 'rollback' ? {} : { hop: index }) }),
    begin: (step) => showRun(run, { ...running(run, index), step: step.id, message: step.title }),
    assertHeld: () => lock.assertHeld(),
    diagnose: () => diagnoseRelease(subjectOf(run, payload, workloadsOf(steps)), ports),
  }
}

/** Plans a later hop on live data, and asks where it is no longer what was consented to. Throws `PlanStale`. */
async function planAgain(run: LiveRun, index: number): Promise<void> {
  const { plan, ports, request, store } = run
  const [hop, foreseen] = [plan.hops[index], run.payloads[index]]
  if (!hop || !foreseen) return
  ports.progress({ type: 'stage', title: `planning ${hop.from} → ${hop.to} on what is live now` })
  const [cluster, release] = await Promise.all([readCluster(ports), ports.releases.readRelease(plan.release)])
  if (!release) throw new UpgradeError('PlanStale', `release ${plan.release.name} is gone`)
  const planned = await prepareHop(
    {
      ...{ request, cluster, release, chart: foreseen.chart, overrides: foreseen.overrides },
      profile: profileForChart(release.chartName),
      ...{ available: foreseen.available, reason: plan.to.why, foreseenCrds: [] },
    },
    ports,
  )
  const live = assemblePlan([planned.parts])
  const changes = consentChanges({ hop, findings: plan.findings, consents: plan.consents }, live)
  if (changes.length > 0) await askAgain(hop, changes, run)
  run.payloads[index] = await store.hop(index + 1).writeInputs(planned.payload)
}

async function askAgain(hop: Hop, changes: string[], { ports, plan }: LiveRun): Promise<void> {
  const what = `the hop to ${hop.to} is not what was consented to: ${changes.join('; ')}`
  ports.progress({ type: 'note', message: what })
  if (ports.prompter.canAsk && (await ports.prompter.confirm(`${what}. Go on?`))) return
  throw new UpgradeError('PlanStale', `${what}; ${plan.release.name} is whole at ${hop.from}`)
}

async function verifyHop(run: LiveRun, hop: Hop, payload: PlanPayload, index: number): Promise<Verdict> {
  const applied = hop.crds.filter(({ action }) => action === 'create').map(({ name }) => name)
  const kept = payload.liveCrds.map(({ name }) => name)
  return verifyUpgrade(
    {
      release: run.plan.release,
      expectedChartVersion: hop.to,
      workloads: workloadsOf(hop.steps),
      expectedCrds: [...new Set([...kept, ...applied])],
      crdGroups: hop.steps.flatMap((step) => (step.type === 'wait-crds' ? step.groups : [])),
      crdsBefore: payload.liveCrds,
      remade: hop.crds.filter(({ action }) => action === 'recreate').map(({ name }) => name),
      kept: hop.steps.flatMap((step) => (step.type === 'keep-objects' ? step.objects : [])),
      customResourceKinds: payload.customResourceKinds,
      store: run.store.hop(index + 1),
      signal: run.interrupts.finishStep,
    },
    run.ports,
  )
}

/** Tells the cluster how the run ended, and the person what to do next. */
async function concluded(run: LiveRun, result: HopsResult): Promise<UpgradeOutcome> {
  const { plan, ports, interrupts, store } = run
  const { doneSteps, verdict, failure, hop } = result
  const elapsedMs = ports.clock.now() - run.startedAt
  const told = { ...(await awayOf(run)), ...(verdict ? { verdict } : {}) }
  const common = { plan, run: store.location, doneSteps, elapsedMs, ...told }
  if (!failure) {
    await orNote(
      noteInJournal(run, { part: 'run', phase: 'succeeded', message: 'verified' }),
      'the journal could not be written',
      ports,
    )
    await showRun(run, { phase: 'Succeeded', message: 'verified' })
    await tellEvent(run, 'MeshUpgradeSucceeded', `${plan.from.chartVersion} → ${plan.to.chartVersion}`)
    return { ...common, result: 'upgraded' }
  }
  const interrupted = interrupts.finishStep.aborted
  const message = `${failure.step}: ${failure.message}`
  const phase = interrupted ? 'interrupted' : 'failed'
  await orNote(noteInJournal(run, { part: 'run', phase, message }), 'the journal could not be written', ports)
  await showRun(run, { phase: interrupted ? 'Interrupted' : 'Failed', message })
  await tellEvent(run, 'MeshUpgradeFailed', message)
  // Where nothing was changed, the workloads are as they were.
  const payload = run.payloads[hop]
  const workloads = workloadsOf(plan.hops[hop]?.steps ?? [])
  const diagnosis =
    failure.changed && payload && !interrupted
      ? await diagnoseRelease(subjectOf(run, payload, workloads), ports).catch(() => undefined)
      : undefined
  return {
    ...common,
    result: interrupted ? 'interrupted' : 'failed',
    failure: {
      ...failure,
      nextCommands: [...nextCommands(run, failure.changed), ...restoreCommand(run, hop, failure)],
    },
    ...(diagnosis ? { diagnosis } : {}),
  }
}

/** Where custom resources are away, the backup alone brings them back. */
function restoreCommand(
  { plan, payloads, store }: LiveRun,
  hop: number,
  { stepId }: Pick<RunFailure, 'stepId'>,
): string[] {
  const steps = plan.hops[hop]?.steps ?? []
  const isAway = steps.some(({ id, type }) => id === stepId && awayTypes.includes(type))
  if (!isAway || !steps.some(({ type }) => type === 'delete-crds')) return []
  const command = `{program} crds restore ${store.hop(hop + 1).backupFolder}`
  return [aimCommand(command, payloads[hop]?.clusterFlags ?? [])]
}

const awayTypes: Step['type'][] = ['delete-crds', 'apply-crds', 'restore-resources']

/** The release as it is being rolled out. */
function subjectOf(
  { plan }: LiveRun,
  { chart, release }: PlanPayload,
  workloads: ObjectRef[],
): DiagnosisSubject {
  const { name, namespace } = plan.release
  const place = chart.source.type === 'path' ? { chartPath: chart.source.path } : {}
  return {
    release: {
      ...{ name, namespace, chartName: release.chartName, chartDefaults: chart.defaults, ...place },
      ...{ chartVersion: chart.version, appVersion: chart.appVersion },
    },
    ...{ workloads, withHooks: true },
  }
}

/** The workloads that a part's steps wait for. */
export function workloadsOf(steps: readonly Step[]): ObjectRef[] {
  return steps.flatMap((step) => (step.type === 'wait-rollout' ? step.workloads : []))
}

/** What a person can do about a run that did not end well. */
export function nextCommands(
  { plan, payloads }: Pick<LiveRun, 'plan' | 'payloads'>,
  changed: boolean,
): string[] {
  const { name, namespace } = plan.release
  const [payload] = payloads
  const place = `${name} -n ${namespace}`
  const again = payload ? [`{program} ${payload.again}`] : []
  const good = payload ? lastGoodRevision(payload.release.history) : undefined
  const back = good === undefined ? [] : [`{program} rollback ${place}`]
  const commands = changed ? [`{program} troubleshoot ${place}`, `{program} resume ${place}`, ...back] : again
  return commands.map((command) => aimCommand(command, payload?.clusterFlags ?? []))
}
