import { findRelease, type ReleaseWish } from '../discover/find-release.js'
import { readCluster } from '../discover/read-cluster.js'
import { readCrds, type CrdFacts } from '../discover/read-crds.js'
import { readPermissions } from '../discover/read-permissions.js'
import { messageOf, UpgradeError } from '../errors.js'
import { crdOwnershipAt } from '../meshes/crd-ownership.js'
import type { MeshProfile } from '../meshes/mesh.js'
import { profileForChart } from '../meshes/registry.js'
import type { Chart, CrdManifest } from '../model/chart.js'
import type { ClusterSnapshot } from '../model/cluster.js'
import type { CrdChange } from '../model/crd.js'
import type { Finding } from '../model/finding.js'
import { refOf, type KubeObject } from '../model/kube-object.js'
import { refKey, type ObjectRef } from '../model/object-ref.js'
import type { PlanPurpose, UpgradePlan } from '../model/plan.js'
import type { PlanPayload, PreparedUpgrade } from '../model/prepared.js'
import { isPending, type ReleaseSnapshot } from '../model/release.js'
import { awaySince } from '../model/resources-away.js'
import type { Diagnosis } from '../model/rollout.js'
import type { RestartWay } from '../model/step.js'
import type { UpgradeRequest } from '../model/upgrade-request.js'
import { sensitive } from '../model/values.js'
import { isWorkload } from '../plan/objects/is-workload.js'
import { manifestScope, parseManifest } from '../plan/objects/parse-manifest.js'
import { missingPermissions } from '../plan/permissions/missing-permissions.js'
import { bridgingKinds } from '../plan/repair/bridging-kinds.js'
import { crdsInStep } from '../plan/repair/crds-in-step.js'
import { planRepair, type RepairInput } from '../plan/repair/plan-repair.js'
import { repairPermissions } from '../plan/repair/repair-permissions.js'
import { mergeValues } from '../plan/values/value-paths.js'
import type { ReadPorts, WritePorts } from '../ports/ports.js'
import { diagnoseRelease } from '../troubleshoot/diagnose-release.js'
import { findRun, type FoundRun } from './find-run.js'
import { proveRecreation } from './prove-recreation.js'

export interface RepairWish extends ReleaseWish {
  timeoutMs: number
}

export interface FixWish extends RepairWish {
  /** Folder, file or URL with the CRDs of the release's version, for charts that carry none. */
  crdsFrom?: string
}

/** A diagnosis and the release that it is about. */
export interface SubjectDiagnosis extends Diagnosis {
  release: { name: string; namespace: string; releaseRevision: number; releaseStatus: string }
}

export type PreparedFix =
  /** `reason`: why it is not for this tool to mend. */
  | { type: 'not-fixable'; diagnosis: SubjectDiagnosis; reason: string }
  | { type: 'nothing-to-do'; diagnosis: SubjectDiagnosis }
  | { type: 'plan'; diagnosis: SubjectDiagnosis; prepared: PreparedUpgrade }
  /** A fix that was killed while custom resources were away: its backup has them. */
  | { type: 'resume'; found: FoundRun }

interface Subject {
  release: ReleaseSnapshot
  profile: MeshProfile
  cluster: ClusterSnapshot
  /** As they are. */
  workloads: KubeObject[]
  missing: ObjectRef[]
  diagnosis: SubjectDiagnosis
}

/**
 * Finds out what is wrong and plans what mends it: CRDs out of step with the program that uses them. Changes nothing.
 * Throws as `findRelease`, `PlanStale` where another run has custom resources in its backup, and `ChartUnreadable`
 * where nobody says what the CRDs should be.
 */
export async function prepareFix(wish: FixWish, ports: WritePorts): Promise<PreparedFix> {
  const open = await openRun(wish, ports)
  if (open) return { type: 'resume', found: open }
  const subject = await readSubject(wish, ports)
  const { diagnosis } = subject
  const causes = diagnosis.findings.filter(({ severity }) => severity === 'error')
  const outOfStep = causes.find(({ code }) => code === 'MU702')
  const isWhole = diagnosis.workloads.every(({ rolloutStatus }) => rolloutStatus === 'Current')
  if (!outOfStep && causes.length === 0 && isWhole) return { type: 'nothing-to-do', diagnosis }
  if (!outOfStep) {
    const reason = 'what mends this is for you to decide; where it is known, the command is shown'
    return { type: 'not-fixable', diagnosis, reason }
  }
  if (isPending(subject.release.releaseStatus)) {
    return { type: 'not-fixable', diagnosis, reason: 'helm works on the release, or died while it did' }
  }
  const prepared = await prepareCrdFix(wish, subject, outOfStep, ports)
  const { crds } = prepared.plan.hops[0] ?? { crds: [] }
  if (!crds.some(isChange) && !isMendedByRestart(outOfStep)) {
    const version = subject.release.chartVersion
    const why = `the CRDs are those of chart ${version} already: the program is of another version`
    return { type: 'not-fixable', diagnosis, reason: why }
  }
  return { type: 'plan', diagnosis, prepared }
}

/** Plans a restart of the mesh's own workloads. Changes nothing. Throws as `findRelease`. */
export async function prepareRestart(
  wish: RepairWish & { way: RestartWay },
  ports: ReadPorts,
): Promise<PreparedUpgrade> {
  const subject = await readSubject(wish, ports)
  const { workloads, missing, diagnosis } = subject
  const lacking = diagnosis.findings.some(({ code }) => code === 'MU701')
  const way = lacking ? 'delete-pods' : wish.way
  const why = lacking && wish.way === 'rollout' ? 'no node has room for a new pod beside the old one' : ''
  const absent = missing.map(absentFinding)
  return prepared(
    { purpose: 'restart', why, way, restarts: workloads.map(refOf), findings: absent },
    { subject, crdFacts: noCrds, crds: [], wish },
    ports,
  )
}

/** The last run where its custom resources are away; undefined where there is none or all is back. */
async function openRun(wish: ReleaseWish, ports: WritePorts): Promise<FoundRun | undefined> {
  const found = await findRun(wish, ports).catch((error: unknown) => {
    if (!(error instanceof UpgradeError)) throw error
    if (['ReleaseAbsent', 'ReleaseAmbiguous', 'ClusterUnreachable', 'ApiFailure'].includes(error.code))
      throw error
    if (error.code !== 'RunAbsent') ports.progress({ type: 'note', message: messageOf(error) })
    return undefined
  })
  if (!found || awaySince(await found.store.readJournal()) === undefined) return undefined
  if (found.plan.purpose === 'fix') return found
  const { name, namespace } = found.plan.release
  throw new UpgradeError(
    'RunOpen',
    `run ${found.store.location.runId} has custom resources in its backup that are not back`,
    { remedy: `Let it go on: {program} resume ${name} -n ${namespace}` },
  )
}

async function readSubject(wish: ReleaseWish, ports: ReadPorts): Promise<Subject> {
  ports.progress({ type: 'stage', title: 'reading the release and its rollout' })
  const [found, cluster] = await Promise.all([findRelease(wish, ports), readCluster(ports)])
  // An upgrade starts from the last deployed revision; what runs is what the cluster was told last.
  const release = (await ports.releases.readNewestRevision(found)) ?? found
  const scope = manifestScope(release.namespace, cluster.servedKinds)
  const refs = parseManifest(release.manifest.reveal(), scope).objects.filter(isWorkload).map(refOf)
  const { name, namespace, releaseRevision, releaseStatus } = release
  const subject = { release, workloads: refs, withHooks: releaseStatus !== 'deployed' }
  const [diagnosis, live] = await Promise.all([
    diagnoseRelease(subject, ports),
    Promise.all(refs.map((ref) => ports.cluster.readObject(ref))),
  ])
  return {
    ...{ release, cluster, profile: profileForChart(release.chartName) },
    workloads: live.filter((object) => object !== undefined),
    missing: refs.filter((_, index) => live[index] === undefined),
    diagnosis: { ...diagnosis, release: { name, namespace, releaseRevision, releaseStatus } },
  }
}

async function prepareCrdFix(
  wish: FixWish,
  subject: Subject,
  cause: Finding,
  ports: ReadPorts,
): Promise<PreparedUpgrade> {
  const { release, profile, cluster, diagnosis, workloads } = subject
  const crds = await ports.releases.readStoredCrds(release)
  if (wish.crdsFrom === undefined && crds.length === 0) throw noCrdsCarried(subject)
  ports.progress({ type: 'stage', title: 'comparing CRDs' })
  const chart = storedChart(release, crds)
  const place = wish.crdsFrom === undefined ? {} : { crdsFrom: wish.crdsFrom }
  const read = await readCrds({ chart, release, crds: 'in-place', ...place }, profile, ports)
  const targets = read.target.map(({ object }) => object)
  const crdFacts = { ...read, kinds: bridgingKinds(read.kinds, read.live, targets) }
  const { owner } = crdOwnershipAt(profile, release.chartVersion)
  const { changes, findings } = crdsInStep({ ...crdFacts, owner })
  const computed = mergeValues(release.userSuppliedValues.reveal(), release.chartDefaults)
  const fields = profile.requiredFields?.(release.chartVersion, computed) ?? []
  const recreation = await proveRecreation({ ...crdFacts, changes, cluster, fields }, ports)
  const behind = diagnosis.workloads.filter(({ rolloutStatus }) => rolloutStatus !== 'Current')
  const known = new Set(workloads.map((object) => refKey(refOf(object))))
  const named = cause.object && known.has(refKey(cause.object)) ? [cause.object] : undefined
  const restarts = named ?? behind.map(({ workload }) => workload)
  return prepared(
    { purpose: 'fix', why: cause.message, way: 'rollout', restarts, findings, recreation },
    { subject, crdFacts, crds: changes, wish },
    ports,
  )
}

type RepairChoice = Pick<RepairInput, 'why' | 'way' | 'restarts' | 'findings'> & {
  purpose: PlanPurpose
  recreation?: RepairInput['recreation']
}

interface RepairMaterial {
  subject: Subject
  crdFacts: CrdFacts
  crds: readonly CrdChange[]
  wish: FixWish
}

async function prepared(
  choice: RepairChoice,
  { subject, crdFacts, crds, wish }: RepairMaterial,
  ports: ReadPorts,
): Promise<PreparedUpgrade> {
  const { release, profile, cluster, workloads } = subject
  const { helm, clock, redact } = ports
  const chart = storedChart(release, crdFacts.target)
  const input: RepairInput = {
    ...{ profile, cluster, release, chart, workloads, crds },
    ...{ liveCrds: crdFacts.live, counts: crdFacts.counts, at: new Date(clock.now()).toISOString() },
    recreation: { findings: [], edits: [], consents: [] },
    ...choice,
    why: redact(choice.why),
    byHand: byHand(wish, subject),
    clusterFlags: helm.clusterFlags(),
  }
  const needed = repairPermissions(planRepair(input).hops[0]?.steps ?? [], { release, crds })
  const missing = missingPermissions(await readPermissions(needed, ports), 'to-run')
  const plan = planRepair({ ...input, findings: [...input.findings, ...missing] })
  return {
    plan,
    payloads: [payloadOf(plan, { subject, chart, crdFacts, wish }, ports)],
    request: requestOf(wish),
  }
}

/** The chart as helm stored it: nothing is installed from it. */
function storedChart(release: ReleaseSnapshot, crds: CrdManifest[]): Chart {
  const { chartName: name, chartVersion: version, appVersion, chartDefaults: defaults } = release
  return {
    ...{ name, version, appVersion, defaults, crds, hasSchema: false, usesLookup: false },
    ...{ contentDigest: release.chartContentDigest, path: '', reference: name },
    source: { type: 'reference', reference: name, version },
  }
}

function payloadOf(
  plan: UpgradePlan,
  { subject, chart, crdFacts, wish }: Omit<RepairMaterial, 'crds'> & { chart: Chart },
  { helm }: ReadPorts,
): PlanPayload {
  const { release } = subject
  const { name, namespace } = plan.release
  return {
    ...{ release, chart, values: release.userSuppliedValues, overrides: sensitive({}), available: [] },
    crds: crdFacts.target.map(({ object }) => ({ name: object.metadata.name, object })),
    ...{ liveCrds: crdFacts.live, customResourceKinds: crdFacts.kinds, timeoutMs: wish.timeoutMs },
    again: `upgrade ${name} -n ${namespace}`,
    clusterFlags: helm.clusterFlags(),
    helmArguments: [],
  }
}

function requestOf({ releaseName, namespace, timeoutMs }: FixWish): UpgradeRequest {
  return {
    ...{ executor: 'mesh-upgrade', devel: false, valueArguments: [], valuesMode: 'reuse', images: 'as-is' },
    ...{ crds: 'in-place', timeoutMs, permissions: 'to-run', helmArguments: [], onFailure: 'stop' },
    ...(releaseName === undefined ? {} : { releaseName }),
    ...(namespace === undefined ? {} : { namespace }),
  }
}

function byHand({ crdsFrom }: FixWish, { profile, release }: Subject): RepairInput['byHand'] {
  if (crdsFrom !== undefined) return { crdLocation: crdsFrom, fetchCrds: [] }
  const { repository } = profile
  const chart = repository ? `${repository.chart} --repo ${repository.url}` : 'CHART'
  const fetch = `helm show crds ${chart} --version ${release.chartVersion} > crds.yaml`
  return { crdLocation: 'crds.yaml', fetchCrds: [fetch] }
}

const noCrds: CrdFacts = {
  ...{ target: [], proofs: [], skip: true, recreate: false, live: [], kinds: [] },
  counts: new Map(),
}

function isChange({ action }: CrdChange): boolean {
  return action === 'create' || action === 'update' || action === 'recreate'
}

/** Where the CRDs have come back meanwhile, the diagnosis calls for a restart and nothing else. */
function isMendedByRestart({ remedy }: Finding): boolean {
  return remedy?.commands.every((command) => command.startsWith('kubectl rollout restart ')) === true
}

function absentFinding(object: ObjectRef): Finding {
  const message = `${object.kind} ${object.name} of the release is not there: it cannot be restarted`
  return { code: 'MU706', severity: 'warning', object, message, evidence: [] }
}

function noCrdsCarried({ release, profile }: Subject): UpgradeError {
  const { chartVersion, name, namespace } = release
  const published = crdOwnershipAt(profile, chartVersion).published?.(chartVersion)
  const fetch = published ? `Fetch them: ${published.commands.join('; ')}; then name the folder` : 'Name them'
  const folder = published?.folder ?? 'FOLDER'
  return new UpgradeError(
    'ChartUnreadable',
    `chart ${chartVersion} of release ${name} carries no CRDs, so that it does not say what they should be`,
    { remedy: `${fetch}: {program} troubleshoot ${name} -n ${namespace} --fix --crds-from ${folder}` },
  )
}
