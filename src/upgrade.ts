/**
 * Start here. An upgrade is prepared (discover, plan), consented to, executed, verified, and diagnosed
 * where it fails. Planning alternates: what is read decides what is read next, the deciding is pure.
 */
import { readCluster } from './discover/read-cluster.js'
import { chooseTarget } from './discover/choose-target.js'
import { findRelease } from './discover/find-release.js'
import { readCrds, type CrdFacts } from './discover/read-crds.js'
import { readNotes } from './discover/read-notes.js'
import { renderTarget } from './discover/render-target.js'
import { UpgradeError } from './errors.js'
import { movedInputs } from './execute/guard-plan.js'
import { takeLock } from './execute/lock.js'
import { recordRun } from './execute/run-record.js'
import { runSteps } from './execute/run-steps.js'
import { stepRunners } from './execute/steps/registry.js'
import { profileForChart } from './meshes/registry.js'
import type { Consent } from './model/consent.js'
import type { UpgradeOutcome } from './model/outcome.js'
import type { ObjectRef } from './model/object-ref.js'
import type { UpgradePlan } from './model/plan.js'
import type { PlanPayload, PreparedUpgrade } from './model/prepared.js'
import type { Diagnosis } from './model/rollout.js'
import type { UpgradeRequest } from './model/upgrade-request.js'
import type { Verdict } from './model/verdict.js'
import { assemblePlan, planInputs } from './plan/assemble-plan.js'
import { planCrds } from './plan/crds/plan-crds.js'
import { commandsByHand, upgradeByHand } from './plan/commands-by-hand.js'
import { releaseNotesOf } from './plan/parse-release-notes.js'
import { planObjects } from './plan/objects/plan-objects.js'
import { planValues } from './plan/values/plan-values.js'
import type { ReadPorts, WritePorts } from './ports/ports.js'
import type { RunStore } from './ports/run-store.js'
import { diagnoseRelease } from './troubleshoot/diagnose-release.js'
import { verifyUpgrade } from './verify/verify-upgrade.js'

export { askConsent } from './consent/ask-consent.js'

/**
 * Everything before consent. Changes nothing: the only requests that are not GETs are dry-runs.
 * Throws `UpgradeError` where release, chart or cluster cannot be read; what is read and refused is a
 * finding in the plan.
 */
export async function prepareUpgrade(request: UpgradeRequest, ports: ReadPorts): Promise<PreparedUpgrade> {
  const { helm, progress, redact } = ports
  progress({ type: 'stage', title: 'reading the cluster and the release' })
  const [cluster, release, overrides] = await Promise.all([
    readCluster(ports),
    findRelease(request, ports),
    helm.mergeValues(request.valueArguments),
    helm.version(),
  ])
  const profile = profileForChart(release.chartName)

  progress({ type: 'stage', title: `choosing the target for ${release.name}` })
  const { chart, reason, available } = await chooseTarget(request, release, profile, ports)
  const values = planValues({ request, profile, release, chart, overrides: overrides.reveal() })

  progress({ type: 'stage', title: 'comparing CRDs, release notes and objects' })
  const notesWish = {
    from: release.chartVersion,
    to: chart.version,
    available,
    location: request.releaseNotes,
  }
  const [crdFacts, noteTexts, rendered] = await Promise.all([
    readCrds({ ...request, chart }, profile, ports),
    readNotes(notesWish, profile, ports),
    renderTarget({ release, chart, values: values.sensitiveValues, cluster }, ports),
  ])
  const notes = noteTexts.map(releaseNotesOf)
  const crds = planCrds({ ...crdFacts, notes, page: profile.releaseNotes?.page })
  const subject = { profile, cluster, release, chart }
  const objects = planObjects({ ...subject, available, rendered, target: crdFacts.target, redact })

  const plan = assemblePlan({
    ...subject,
    executor: request.executor,
    valuesMode: request.valuesMode,
    values,
    notes,
    targetReason: reason,
    liveCrds: crdFacts.live,
    crds: crds.changes,
    after: objects.after,
    objects: objects.diff,
    findings: [...values.findings, ...crds.findings, ...objects.findings],
    byHand: commandsByHand(
      request,
      release,
      chart,
      redact(helm.upgradeCommand(upgradeByHand(request, release, chart))),
    ),
  })
  return {
    plan,
    payload: { ...payloadOf(request, crdFacts), release, chart, values: values.sensitiveValues },
  }
}

/**
 * Does what was consented to: lock, compare with the plan, back up, update CRDs, helm upgrade, wait, verify.
 * Throws `LockHeld` and `PlanStale` before anything is changed; a failure after that is an outcome.
 */
export async function performUpgrade(
  prepared: PreparedUpgrade,
  consent: Consent,
  ports: WritePorts,
  signal: AbortSignal,
): Promise<UpgradeOutcome> {
  const { plan } = prepared
  if (consent.planDigest !== plan.digest)
    throw new UpgradeError('PlanStale', 'the consent is for another plan')
  const runId = ports.clock.newRunId()
  const store = await ports.runs.open(plan.cluster.uid, plan.release, runId)
  const lock = await takeLock(plan.release, runId, ports)
  try {
    await refuseStale(prepared, ports)
    await store.writePlan(plan)
    await recordRun(plan, runId, { phase: 'Running', message: 'upgrade in progress' }, ports)
    const outcome = await executeAndVerify(prepared, ports, store, signal)
    const phase = outcome.result === 'upgraded' ? 'Succeeded' : 'Failed'
    const message = outcome.failure ? `${outcome.failure.step}: ${outcome.failure.message}` : 'verified'
    await recordRun(plan, runId, { phase, message: ports.redact(message) }, ports)
    return outcome
  } finally {
    await lock.release()
  }
}

async function executeAndVerify(
  prepared: PreparedUpgrade,
  ports: WritePorts,
  store: RunStore,
  signal: AbortSignal,
): Promise<UpgradeOutcome> {
  const { plan, payload } = prepared
  const startedAt = ports.clock.now()
  const diagnose = (): Promise<Diagnosis> => diagnoseRelease(plan.release.namespace, workloadsOf(plan), ports)
  let verdict: Verdict | undefined
  const verify = async (): Promise<void> => {
    verdict = await verifyRun(prepared, ports, store)
    if (verdict.outcome !== 'pass') throw new UpgradeError('StepFailed', failedChecks(verdict))
  }
  const context = { plan, payload, ports, store, signal, diagnose }
  const steps = plan.hops.flatMap((hop) => hop.steps)
  const { doneSteps, failure } = await runSteps(steps, { ...stepRunners, verify }, context)
  const elapsedMs = ports.clock.now() - startedAt
  const common = { plan, run: store.location, doneSteps, elapsedMs, ...(verdict ? { verdict } : {}) }
  if (!failure) return { ...common, result: 'upgraded' }
  const diagnosis = await diagnose().catch(() => undefined)
  return {
    ...common,
    result: signal.aborted ? 'interrupted' : 'failed',
    failure: { ...failure, nextCommands: nextCommands(plan, failure.changed) },
    ...(diagnosis ? { diagnosis } : {}),
  }
}

/** Reads the plan's inputs again, under the lock, and refuses where they moved (design §1.2). */
async function refuseStale({ plan, payload }: PreparedUpgrade, ports: WritePorts): Promise<void> {
  const [identity, release, crds] = await Promise.all([
    ports.cluster.identity(),
    ports.releases.readRelease(plan.release),
    ports.cluster.readCrds(
      payload.crds.map(({ name }) => name).concat(payload.liveCrds.map(({ name }) => name)),
    ),
  ])
  if (!release)
    throw new UpgradeError('PlanStale', `release ${plan.release.name} is gone; nothing was changed`)
  const now = planInputs({
    clusterUid: identity.uid,
    release,
    chart: payload.chart,
    values: payload.values.reveal(),
    crds,
  })
  const moved = movedInputs(plan.inputs, now)
  if (moved.length > 0) throw new UpgradeError('PlanStale', `${moved.join('; ')}; nothing was changed`)
}

async function verifyRun(
  { plan, payload }: PreparedUpgrade,
  ports: WritePorts,
  store: RunStore,
): Promise<Verdict> {
  const kept = payload.liveCrds.map(({ name }) => name)
  const applied = plan.hops
    .flatMap((hop) => hop.crds)
    .filter(({ action }) => action === 'create')
    .map(({ name }) => name)
  return verifyUpgrade(
    {
      release: plan.release,
      expectedChartVersion: plan.to.chartVersion,
      workloads: workloadsOf(plan),
      expectedCrds: [...new Set([...kept, ...applied])],
      customResourceKinds: payload.customResourceKinds,
      store,
    },
    ports,
  )
}

function workloadsOf(plan: UpgradePlan): ObjectRef[] {
  return plan.hops.flatMap((hop) =>
    hop.steps.flatMap((step) => (step.type === 'wait-rollout' ? step.workloads : [])),
  )
}

function failedChecks(verdict: Verdict): string {
  const failed = verdict.checks.filter(({ status }) => status === 'fail' || status === 'unknown')
  return failed
    .map(({ message, status }) => (status === 'unknown' ? `unknown: ${message}` : message))
    .join('; ')
}

function nextCommands({ release }: UpgradePlan, changed: boolean): string[] {
  const { name, namespace, releaseRevision } = release
  if (!changed) return [`{program} ${name} -n ${namespace}`]
  return [
    `{program} troubleshoot ${name} -n ${namespace}`,
    `{program} ${name} -n ${namespace}`,
    `helm rollback ${name} ${releaseRevision} -n ${namespace} --wait`,
  ]
}

function payloadOf(
  { timeoutMs, helmArguments }: UpgradeRequest,
  { target, live, kinds }: CrdFacts,
): Omit<PlanPayload, 'release' | 'chart' | 'values'> {
  const crds = target.map(({ object }) => ({ name: object.metadata.name, object }))
  return { crds, liveCrds: live, customResourceKinds: kinds, timeoutMs, helmArguments }
}
