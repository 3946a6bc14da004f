import { countObjects, readCrds, type CrdFacts } from '../discover/read-crds.js'
import { readNotes } from '../discover/read-notes.js'
import { readPermissions } from '../discover/read-permissions.js'
import { renderTarget } from '../discover/render-target.js'
import type { MeshProfile } from '../meshes/mesh.js'
import type { Chart } from '../model/chart.js'
import type { ClusterSnapshot } from '../model/cluster.js'
import { customResourceKind, type LiveCrd } from '../model/crd.js'
import type { Finding } from '../model/finding.js'
import { plannedHooks } from '../model/hooks.js'
import type { PlanPayload } from '../model/prepared.js'
import { newestRevision, type ReleaseSnapshot } from '../model/release.js'
import type { RunRecord } from '../model/run-record.js'
import type { UpgradeRequest } from '../model/upgrade-request.js'
import { sensitive, type Sensitive, type Values } from '../model/values.js'
import { isAsWanted, type PlanParts } from '../plan/assemble-plan.js'
import { commandsByHand, redactCommands, sameAgain, upgradeByHand } from '../plan/commands-by-hand.js'
import { planCrds } from '../plan/crds/plan-crds.js'
import { noRemedies, type ObjectRemedies } from '../plan/objects/object-remedies.js'
import { planObjects } from '../plan/objects/plan-objects.js'
import { manifestScope, parseManifest, type ParsedManifest } from '../plan/objects/parse-manifest.js'
import { releaseNotesOf } from '../plan/parse-release-notes.js'
import { missingPermissions } from '../plan/permissions/missing-permissions.js'
import { neededPermissions } from '../plan/permissions/needed-permissions.js'
import { planValues } from '../plan/values/plan-values.js'
import { mergeValues } from '../plan/values/value-paths.js'
import type { ReadPorts } from '../ports/ports.js'
import { type FoundRemedies, findRemedies, type RemediesWish } from './find-remedies.js'
import { proveRecreation } from './prove-recreation.js'

/** One version jump that is to be planned. */
export interface HopWish {
  request: UpgradeRequest
  profile: MeshProfile
  cluster: ClusterSnapshot
  /** As it is before the hop, or as the hop before will leave it. */
  release: ReleaseSnapshot
  chart: Chart
  /** What this call sets itself. */
  overrides: Sensitive<Values>
  /** Published stable versions. */
  available: string[]
  reason: string
  /** The last run of the release; absent for hops that come after others. */
  lastRun?: RunRecord
  /** CRDs as the hops before will leave them; empty for what is planned on live data. */
  foreseenCrds: readonly LiveCrd[]
}

export interface PlannedHop {
  parts: PlanParts
  payload: PlanPayload
  /** What the hop leaves behind, where it goes as planned. */
  after: { release: ReleaseSnapshot; crds: LiveCrd[] }
}

/** Reads what one hop needs, and plans it. Changes nothing: what is not a GET is a dry-run. */
export async function prepareHop(wish: HopWish, ports: ReadPorts): Promise<PlannedHop> {
  const { request, profile, cluster, release, chart, available } = wish
  const { helm, redact } = ports
  const values = planValues({ ...wish, overrides: wish.overrides.reveal() }, redact)
  const span = { from: release.chartVersion, to: chart.version, available }
  const [rendered, read, noteTexts, before] = await Promise.all([
    renderTarget({ release, chart, values: values.sensitiveValues, cluster }, ports),
    readCrds({ ...request, chart, release }, profile, ports),
    readNotes({ ...span, location: request.releaseNotes }, profile, ports),
    storedObjects(release, cluster, ports),
    helm.version(),
  ])
  const crdFacts = await withForeseen(read, wish.foreseenCrds, ports)
  const notes = noteTexts.map((text) => releaseNotesOf({ ...text, source: redact(text.source) }))
  const subject = { profile, cluster, release, chart, executor: request.executor }
  const crds = planCrds({ ...subject, ...crdFacts, notes })
  const { target } = crdFacts
  const computed = mergeValues(values.values, chart.defaults)
  const fields = profile.requiredFields?.(chart.version, computed) ?? []
  const recreation = await proveRecreation({ ...crdFacts, changes: crds.changes, cluster, fields }, ports)
  const objects = planObjects({ ...wish, ...subject, values, before, rendered, target, redact })
  const changes = { ...subject, values, crds: crds.changes, objects: objects.diff, kept: objects.kept }
  const manifests = { before: before.objects, after: objects.after, changes: objects.diff.changes }
  const wanted = { release, ...remedyWish(request), ...manifests }
  const { remedies, permissions } = await remediesAndPermissions(request, wanted, changes, ports)
  const helmUpgrade = helm.upgradeCommand(upgradeByHand(request, release, chart))
  const parts: PlanParts = {
    ...changes,
    ...{ valuesMode: request.valuesMode, onFailure: request.onFailure },
    notes,
    targetReason: redact(wish.reason),
    liveCrds: crdFacts.live,
    counts: crdFacts.counts,
    after: objects.after,
    recreation,
    remedies,
    findings: [
      ...values.findings,
      ...crds.findings,
      ...recreation.findings,
      ...objects.findings,
      ...remedies.findings,
      ...permissions,
    ],
    byHand: redactCommands(commandsByHand(request, release, chart, helmUpgrade), redact),
    clusterFlags: helm.clusterFlags(),
    ...wishesOf(request, redact),
  }
  return {
    parts,
    payload: {
      ...payloadOf(wish, crdFacts, values.sensitiveValues, ports),
      ...{ recreatedUids: remedies.recreatedUids },
    },
    after: {
      release: releaseAfter(wish, values.values, 'manifest' in rendered ? rendered.manifest : ''),
      crds: crdsAfter(crdFacts),
    },
  }
}

/** What this call asks for that the plan only carries. */
function wishesOf(
  { hooks, historyMax, accepted }: UpgradeRequest,
  redact: (text: string) => string,
): Pick<PlanParts, 'hooks' | 'historyMax' | 'accepted'> {
  return {
    ...(hooks ? { hooks: plannedHooks(hooks.hooks, redact) } : {}),
    ...(historyMax === undefined ? {} : { historyMax }),
    ...(accepted ? { accepted } : {}),
  }
}

/** What this call lets the plan do about objects in helm's way. */
function remedyWish({
  executor,
  accepted = [],
  helmArguments,
}: UpgradeRequest): Pick<RemediesWish, 'executor' | 'accepted' | 'takesOwnership'> {
  const takesOwnership = helmArguments.some((word) => /^--take-ownership(=true)?$/.test(word))
  return { executor, accepted, takesOwnership }
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

/** Remedies are rare: what is needed without them is asked at the same time. */
async function remediesAndPermissions(
  request: UpgradeRequest,
  wanted: Parameters<typeof findRemedies>[0],
  changes: Omit<Parameters<typeof permissionFindings>[1], 'remedies'>,
  ports: ReadPorts,
): Promise<{ remedies: FoundRemedies; permissions: Finding[] }> {
  const [remedies, without] = await Promise.all([
    findRemedies(wanted, ports),
    permissionFindings(request, { ...changes, remedies: noRemedies }, ports),
  ])
  const needsMore = remedies.adopted.length + remedies.recreated.length > 0
  const permissions = needsMore ? await permissionFindings(request, { ...changes, remedies }, ports) : without
  return { remedies, permissions }
}

/** What the person who asks may not do of all this; where there is nothing to do, nothing is needed. */
async function permissionFindings(
  { executor, permissions }: UpgradeRequest,
  parts: Pick<PlanParts, 'cluster' | 'release' | 'chart' | 'values' | 'crds' | 'objects' | 'kept'> & {
    remedies: ObjectRemedies
  },
  ports: ReadPorts,
): Promise<Finding[]> {
  if (isAsWanted(parts)) return []
  const { release, crds, objects, kept, cluster, remedies } = parts
  const changes = { crds, kept, remedies, objects: objects.changes, servedKinds: cluster.servedKinds }
  const needed = neededPermissions({ executor, release, ...changes })
  return missingPermissions(await readPermissions(needed, ports), permissions)
}

/** Live CRDs with what the hops before will have made of them; a CRD that comes has no objects yet. */
async function withForeseen(
  facts: CrdFacts,
  foreseen: readonly LiveCrd[],
  ports: ReadPorts,
): Promise<CrdFacts> {
  if (foreseen.length === 0) return facts
  const byName = new Map(foreseen.map((crd) => [crd.name, crd]))
  const names = new Set(facts.live.map(({ name }) => name))
  const coming = foreseen.filter(({ name }) => !names.has(name))
  const live = [...facts.live.map((crd) => byName.get(crd.name) ?? crd), ...coming]
  const kinds = facts.live.flatMap(({ object }) => customResourceKind(object) ?? [])
  return { ...facts, live, kinds, counts: await countObjects(kinds, ports) }
}

function payloadOf(
  { request, release, chart, overrides, available }: HopWish,
  { target, live, kinds }: CrdFacts,
  values: Sensitive<Values>,
  { helm, redact }: ReadPorts,
): PlanPayload {
  return {
    ...{ release, chart, values, overrides, available },
    crds: target.map(({ object }) => ({ name: object.metadata.name, object })),
    ...{ liveCrds: live, customResourceKinds: kinds },
    timeoutMs: request.timeoutMs,
    again: redact(`upgrade ${sameAgain(request, release, chart)}`),
    clusterFlags: helm.clusterFlags(),
    helmArguments: request.helmArguments,
  }
}

/** The release as helm will store it; the next hop starts from there. */
function releaseAfter({ release, chart }: HopWish, values: Values, manifest: string): ReleaseSnapshot {
  const { failedAt: _failedAt, ...rest } = release
  const releaseRevision = newestRevision(release.history) + 1
  return {
    ...rest,
    releaseRevision,
    releaseStatus: 'deployed',
    chartVersion: chart.version,
    appVersion: chart.appVersion,
    history: [...release.history, { releaseRevision, releaseStatus: 'deployed' }],
    userSuppliedValues: sensitive(values),
    chartDefaults: chart.defaults,
    manifest: sensitive(manifest),
    crdNames: chart.crds.map(({ object }) => object.metadata.name),
    chartContentDigest: chart.contentDigest,
  }
}

/** The server's own word for what an apply makes of a CRD is what the next hop will find. */
function crdsAfter({ live, proofs, skip, recreate, target }: CrdFacts): LiveCrd[] {
  if (skip) return live
  if (recreate) return crdsRemade(live, target)
  const made = proofs.flatMap(({ name, result }): LiveCrd[] =>
    result.ok ? [{ name, object: result.object, raw: JSON.stringify(result.object) }] : [],
  )
  const names = new Set(made.map(({ name }) => name))
  return [...live.filter(({ name }) => !names.has(name)), ...made]
}

/** What is deleted and made again has nothing of before. */
function crdsRemade(live: readonly LiveCrd[], target: CrdFacts['target']): LiveCrd[] {
  const made = target.map(({ object }) => ({
    ...{ name: object.metadata.name, object, raw: JSON.stringify(object) },
  }))
  const names = new Set(made.map(({ name }) => name))
  return [...live.filter(({ name }) => !names.has(name)), ...made]
}
