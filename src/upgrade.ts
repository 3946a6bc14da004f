/**
 * Start here. An upgrade is prepared (discover, plan), consented to, executed, verified, and diagnosed
 * where it fails. Planning alternates: what is read decides what is read next, the deciding is pure.
 */
import { readCluster } from './discover/read-cluster.js'
import { chooseTarget, loadNamedPath } from './discover/choose-target.js'
import { findRelease } from './discover/find-release.js'
import { countObjects, readCrds, type CrdFacts } from './discover/read-crds.js'
import { readNotes } from './discover/read-notes.js'
import { readPermissions } from './discover/read-permissions.js'
import { renderTarget } from './discover/render-target.js'
import { messageOf, UpgradeError } from './errors.js'
import { movedInputs } from './execute/guard-plan.js'
import { takeLock } from './execute/lock.js'
import { recordRun } from './execute/run-record.js'
import { runSteps } from './execute/run-steps.js'
import { stepRunners } from './execute/steps/registry.js'
import { profileForChart } from './meshes/registry.js'
import type { ClusterSnapshot } from './model/cluster.js'
import type { Consent } from './model/consent.js'
import type { Finding } from './model/finding.js'
import type { UpgradeOutcome } from './model/outcome.js'
import type { Step } from './model/step.js'
import type { ObjectRef } from './model/object-ref.js'
import type { UpgradePlan } from './model/plan.js'
import type { PlanPayload, PreparedUpgrade } from './model/prepared.js'
import { lastGoodRevision, type ReleaseSnapshot } from './model/release.js'
import type { Diagnosis } from './model/rollout.js'
import type { UpgradeRequest } from './model/upgrade-request.js'
import type { Verdict } from './model/verdict.js'
import { assemblePlan, isAsWanted, planInputs, type PlanParts } from './plan/assemble-plan.js'
import { missingPermissions } from './plan/permissions/missing-permissions.js'
import { neededPermissions } from './plan/permissions/needed-permissions.js'
import { planCrds } from './plan/crds/plan-crds.js'
import { aimCommand } from './plan/aim-commands.js'
import { commandsByHand, redactCommands, sameAgain, upgradeByHand } from './plan/commands-by-hand.js'
import { releaseNotesOf } from './plan/parse-release-notes.js'
import { manifestScope, parseManifest, type ParsedManifest } from './plan/objects/parse-manifest.js'
import { planObjects } from './plan/objects/plan-objects.js'
import { planValues } from './plan/values/plan-values.js'
import type { ReadPorts, WritePorts } from './ports/ports.js'
import type { RunStore } from './ports/run-store.js'
import { diagnoseRelease, type DiagnosisSubject } from './troubleshoot/diagnose-release.js'
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
  const reading = Promise.all([
    readCluster(ports),
    findRelease(request, ports),
    helm.mergeValues(request.valueArguments),
  ])
  // A process of its own: what it says is waited for where helm is needed.
  helm.version().catch(() => undefined)
  const named = loadNamedPath(request, ports)
  const [cluster, release, overrides] = await reading
  const profile = profileForChart(release.chartName)

  progress({ type: 'stage', title: `choosing the target for ${release.name}` })
  const { chart, reason, available } = await chooseTarget({ ...request, named }, release, profile, ports)
  const values = planValues({ request, profile, release, chart, overrides: overrides.reveal() })

  progress({ type: 'stage', title: 'comparing CRDs, release notes and objects' })
  const span = { from: release.chartVersion, to: chart.version, available }
  const [rendered, crdFacts, noteTexts, before] = await Promise.all([
    renderTarget({ release, chart, values: values.sensitiveValues, cluster }, ports),
    readCrds({ ...request, chart, release }, profile, ports),
    readNotes({ ...span, location: request.releaseNotes }, profile, ports),
    storedObjects(release, cluster, ports),
    helm.version(),
  ])
  const notes = noteTexts.map((text) => releaseNotesOf({ ...text, source: redact(text.source) }))
  const subject = { profile, cluster, release, chart, executor: request.executor }
  const crds = planCrds({ ...subject, ...crdFacts, notes })
  const { target } = crdFacts
  const objects = planObjects({ ...subject, available, values, before, rendered, target, redact })
  const changes = { ...subject, values, crds: crds.changes, objects: objects.diff, kept: objects.kept }
  const permissions = await permissionFindings(request, changes, ports)
  const helmUpgrade = helm.upgradeCommand(upgradeByHand(request, release, chart))

  const plan = assemblePlan({
    ...changes,
    valuesMode: request.valuesMode,
    notes,
    targetReason: redact(reason),
    liveCrds: crdFacts.live,
    counts: crdFacts.counts,
    after: objects.after,
    findings: [...values.findings, ...crds.findings, ...objects.findings, ...permissions],
    byHand: redactCommands(commandsByHand(request, release, chart, helmUpgrade), redact),
    clusterFlags: helm.clusterFlags(),
  })
  return {
    plan,
    payload: {
      ...payloadOf(request, crdFacts),
      ...{ release, chart, values: values.sensitiveValues, clusterFlags: helm.clusterFlags() },
      again: redact(sameAgain(request, release, chart)),
    },
  }
}

/** The objects of the stored manifest, parsed while helm and the API server work on what they were asked. */
async function storedObjects(
  { namespace, manifest }: ReleaseSnapshot,
  { servedKinds }: ClusterSnapshot,
  { clock }: ReadPorts,
): Promise<ParsedManifest> {
  await clock.sleep(0)
  return parseManifest(manifest.reveal(), manifestScope(namespace, servedKinds))
}

/** What the person who asks may not do of all this; where there is nothing to do, nothing is needed. */
async function permissionFindings(
  { executor, permissions }: UpgradeRequest,
  parts: Pick<PlanParts, 'cluster' | 'release' | 'chart' | 'values' | 'crds' | 'objects' | 'kept'>,
  ports: ReadPorts,
): Promise<Finding[]> {
  if (isAsWanted(parts)) return []
  const { release, crds, objects, kept, cluster } = parts
  const changes = { crds, kept, objects: objects.changes, servedKinds: cluster.servedKinds }
  const needed = neededPermissions({ executor, release, ...changes })
  return missingPermissions(await readPermissions(needed, ports), permissions)
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
    const told = { phase, message: ports.redact(message) } as const
    await orNote(recordRun(plan, runId, told, ports), 'the run could not be recorded in the cluster', ports)
    return outcome
  } finally {
    await orNote(lock.release(), 'the lock could not be released; it runs out by itself', ports)
  }
}

/** What comes after the outcome must not hide it. */
async function orNote(work: Promise<void>, what: string, { progress }: WritePorts): Promise<void> {
  await work.catch((error: unknown) => progress({ type: 'note', message: `${what}: ${messageOf(error)}` }))
}

async function executeAndVerify(
  prepared: PreparedUpgrade,
  ports: WritePorts,
  store: RunStore,
  signal: AbortSignal,
): Promise<UpgradeOutcome> {
  const { plan, payload } = prepared
  const startedAt = ports.clock.now()
  const diagnose = (): Promise<Diagnosis> => diagnoseRelease(subjectOf(prepared), ports)
  let verdict: Verdict | undefined
  const verify = async (): Promise<void> => {
    verdict = await verifyRun(prepared, ports, store)
    if (verdict.outcome !== 'pass') throw new UpgradeError('StepFailed', failedChecks(verdict))
  }
  const context = { plan, payload, ports, store, signal, diagnose }
  const steps = stepsOf(plan)
  const { doneSteps, failure } = await runSteps(steps, { ...stepRunners, verify }, context)
  const elapsedMs = ports.clock.now() - startedAt
  const common = { plan, run: store.location, doneSteps, elapsedMs, ...(verdict ? { verdict } : {}) }
  if (!failure) return { ...common, result: 'upgraded' }
  // Where nothing was changed, the workloads are as they were.
  const diagnosis = failure.changed ? await diagnose().catch(() => undefined) : undefined
  return {
    ...common,
    result: signal.aborted ? 'interrupted' : 'failed',
    failure: { ...failure, nextCommands: nextCommands(prepared, failure.changed) },
    ...(diagnosis ? { diagnosis } : {}),
  }
}

/** The release as it is being rolled out. */
function subjectOf({ plan, payload: { chart } }: PreparedUpgrade): DiagnosisSubject {
  const { name, namespace } = plan.release
  const place = chart.source.type === 'path' ? { chartPath: chart.source.path } : {}
  const release = { name, namespace, chartName: chart.name, chartDefaults: chart.defaults, ...place }
  return { release: { ...release, ...plan.to }, workloads: workloadsOf(plan), withHooks: true }
}

/** Reads the plan's inputs again, under the lock, and refuses where they moved (design §1.2). */
async function refuseStale({ plan, payload }: PreparedUpgrade, ports: WritePorts): Promise<void> {
  const { chart, values, crds, liveCrds, customResourceKinds } = payload
  const names = [...crds, ...liveCrds].map(({ name }) => name)
  const [{ uid }, release, live, counts] = await Promise.all([
    ports.cluster.identity(),
    ports.releases.readRelease(plan.release),
    ports.cluster.readCrds([...new Set(names)]),
    countObjects(customResourceKinds, ports),
  ])
  if (!release) throw new UpgradeError('PlanStale', `release ${plan.release.name} is gone`)
  const now = planInputs({ clusterUid: uid, release, chart, values: values.reveal(), crds: live, counts })
  const moved = movedInputs(plan.inputs, now)
  if (moved.length > 0) throw new UpgradeError('PlanStale', moved.join('; '))
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
      crdGroups: stepsOf(plan).flatMap((step) => (step.type === 'wait-crds' ? step.groups : [])),
      crdsBefore: payload.liveCrds,
      kept: stepsOf(plan).flatMap((step) => (step.type === 'keep-objects' ? step.objects : [])),
      customResourceKinds: payload.customResourceKinds,
      store,
    },
    ports,
  )
}

function workloadsOf(plan: UpgradePlan): ObjectRef[] {
  return stepsOf(plan).flatMap((step) => (step.type === 'wait-rollout' ? step.workloads : []))
}

function stepsOf(plan: UpgradePlan): Step[] {
  return plan.hops.flatMap((hop) => hop.steps)
}

function failedChecks(verdict: Verdict): string {
  const failed = verdict.checks.filter(({ status }) => status === 'fail' || status === 'unknown')
  return failed
    .map(({ message, status }) => (status === 'unknown' ? `unknown: ${message}` : message))
    .join('; ')
}

function nextCommands({ plan, payload }: PreparedUpgrade, changed: boolean): string[] {
  const { name, namespace } = plan.release
  const again = `{program} upgrade ${payload.again}`
  // The revision that the run began with may itself have failed.
  const good = lastGoodRevision(payload.release.history)
  const back = good === undefined ? [] : [`helm rollback ${name} ${good} -n ${namespace} --wait`]
  const commands = changed ? [`{program} troubleshoot ${name} -n ${namespace}`, again, ...back] : [again]
  return commands.map((command) => aimCommand(command, payload.clusterFlags))
}

function payloadOf(
  { timeoutMs, helmArguments }: UpgradeRequest,
  { target, live, kinds }: CrdFacts,
): Pick<PlanPayload, 'crds' | 'liveCrds' | 'customResourceKinds' | 'timeoutMs' | 'helmArguments'> {
  const crds = target.map(({ object }) => ({ name: object.metadata.name, object }))
  return { crds, liveCrds: live, customResourceKinds: kinds, timeoutMs, helmArguments }
}
