import { crdOwnershipAt } from '../meshes/crd-ownership.js'
import type { MeshProfile } from '../meshes/mesh.js'
import type { Chart } from '../model/chart.js'
import type { ClusterSnapshot } from '../model/cluster.js'
import { versionsOf, type CrdChange, type LiveCrd } from '../model/crd.js'
import { canonicalJson, digestOfJson } from '../model/digest.js'
import { hasError, type Finding, type Severity } from '../model/finding.js'
import { field, type KubeObject, refOf } from '../model/kube-object.js'
import { refKey, type ObjectRef } from '../model/object-ref.js'
import {
  planApiVersion,
  type ConsentRequirement,
  type Hop,
  type Impact,
  type PlanInputs,
  type PlanVerdict,
  type UpgradePlan,
  type ValuesMode,
} from '../model/plan.js'
import type { PlannedHook } from '../model/hooks.js'
import { hideUrlPasswords } from '../model/redaction.js'
import type { ReleaseNotes } from '../model/release-notes.js'
import type { ReleaseSnapshot } from '../model/release.js'
import type { Values } from '../model/values.js'
import type { Recreation } from './crds/plan-recreation.js'
import type { ObjectDiff } from './objects/diff-objects.js'
import { noRemedies, type ObjectRemedies } from './objects/object-remedies.js'
import { isWorkload } from './objects/is-workload.js'
import type { PlannedValues } from './values/carry-values.js'
import { mergeValues } from './values/value-paths.js'
import { aimPlan } from './aim-commands.js'
import type { CommandsByHand } from './commands-by-hand.js'
import { historyFindings } from './history-findings.js'
import { planSteps } from './steps.js'
import { unneededConsents } from './unneeded-consents.js'

export interface PlanParts {
  executor: 'mesh-upgrade' | 'helm'
  profile: MeshProfile
  cluster: ClusterSnapshot
  release: ReleaseSnapshot
  chart: Chart
  targetReason: string
  valuesMode: ValuesMode
  onFailure: UpgradePlan['onFailure']
  values: PlannedValues
  liveCrds: readonly LiveCrd[]
  counts: ReadonlyMap<string, number>
  crds: CrdChange[]
  /** What deleting CRDs and making them again comes to; absent where none is. */
  recreation?: Recreation
  /** What stands in helm's way among the objects; absent where it was not looked for. */
  remedies?: ObjectRemedies
  /** Ids of `--accept`. */
  accepted?: readonly string[]
  notes: ReleaseNotes[]
  after: readonly KubeObject[]
  /** Live objects that leave the chart and are to stay. */
  kept: readonly ObjectRef[]
  objects: ObjectDiff
  findings: Finding[]
  byHand: CommandsByHand
  /** helm's flags for the cluster that this call names. */
  clusterFlags: readonly string[]
  hooks?: PlannedHook[]
  /** How many revisions helm keeps, where that is said. */
  historyMax?: number
}

/** Puts everything that was read and decided, hop by hop, into the document that is shown, consented to and executed. */
export function assemblePlan(hops: readonly [PlanParts, ...PlanParts[]]): UpgradePlan {
  const [first] = hops
  const last = hops.at(-1) ?? first
  const { profile, cluster, release } = first
  const verdict = verdictOfPlan(hops)
  const steps = verdict === 'nothing-to-do' ? () => [] : stepsOf
  const plan: Omit<UpgradePlan, 'digest'> = {
    apiVersion: planApiVersion,
    kind: 'UpgradePlan',
    executor: first.executor,
    mesh: { id: profile.id, title: profile.title },
    release: { name: release.name, namespace: release.namespace, releaseRevision: release.releaseRevision },
    cluster: {
      kubeContext: cluster.kubeContext,
      server: cluster.server,
      uid: cluster.uid,
      kubeVersion: cluster.kubeVersion,
    },
    from: { chartVersion: release.chartVersion, appVersion: release.appVersion },
    to: {
      chartVersion: last.chart.version,
      appVersion: last.chart.appVersion,
      why: last.targetReason,
    },
    hops: hops.map((parts, index) => hopOf(parts, steps(parts, index + 1))),
    findings: findingsOf(hops),
    consents: verdict === 'nothing-to-do' ? [] : consentsOf(hops),
    onFailure: first.onFailure,
    impact: verdict === 'nothing-to-do' ? { restarts: [], lines: [], afterwards: [] } : impactOf(hops),
    inputs: planInputs({
      clusterUid: cluster.uid,
      release,
      chart: first.chart,
      values: first.values.values,
      crds: first.liveCrds,
      counts: first.counts,
    }),
    ...(first.hooks ? { hooks: first.hooks } : {}),
    verdict,
  }
  const aimed = aimPlan(plan, first.clusterFlags)
  return { ...aimed, digest: planDigest(aimed) }
}

/**
 * One digest over path, value edits, steps, consents and hooks of all hops, and the inputs (design §1.2). What is
 * rendered is left out: generated certificates differ each time.
 */
export function planDigest(plan: Omit<UpgradePlan, 'digest'>): string {
  const { executor, release, from, to, hops, consents, inputs, hooks, onFailure } = plan
  return digestOfJson({
    ...{ executor, release, consents, inputs, onFailure },
    path: [from.chartVersion, to.chartVersion],
    hops: hops.map(hopConsent),
    ...(hooks ? { hooks } : {}),
  })
}

/** What of a hop is consented to: when it is planned again on what is then live, this must be the same. */
export function hopConsent({ from, to, releases, crds, steps }: Hop): object {
  return {
    ...{ from, to },
    values: releases.map(({ name, chart, values }) => [name, chart.digest, values.digest, values.edits]),
    crds: crds.map(({ name, action }) => [name, action]),
    // Titles and commands tell of counts, which move by themselves; ids tell the number of the hop.
    steps: steps.map(({ id: _id, title: _title, commands: _commands, ...step }) => step),
  }
}

/** What `planInputs` takes the measure of. */
export interface InputFacts {
  clusterUid: string
  release: ReleaseSnapshot
  chart: Chart
  values: Values
  crds: readonly LiveCrd[]
  counts: ReadonlyMap<string, number>
}

/**
 * What must still hold before the first change (design §1.2). Used when planning and again just before
 * executing, so that the two are compared by one piece of code.
 */
export function planInputs({ clusterUid, release, chart, values, crds, counts }: InputFacts): PlanInputs {
  return {
    clusterUid,
    releaseRevision: release.releaseRevision,
    releaseValuesDigest: digestOfJson(release.userSuppliedValues.reveal()),
    chartDigest: chart.contentDigest,
    valuesDigest: digestOfJson(values),
    crds: crds.map(({ name, object }) => ({
      name,
      uid: object.metadata.uid ?? '',
      specDigest: digestOfJson(field(object, 'spec') ?? null),
      storedVersions: versionsOf(object).storedVersions,
    })),
    customResources: Object.fromEntries(counts),
  }
}

/** One id is asked for once; where several hops have it, each says what it does. */
function consentsOf(hops: readonly PlanParts[]): ConsentRequirement[] {
  const byId = new Map<string, string[]>()
  for (const { recreation, remedies, chart } of hops) {
    for (const { id, text } of [...(recreation?.consents ?? []), ...(remedies?.consents ?? [])]) {
      const told = hops.length > 1 ? `${chart.version}: ${text}` : text
      byId.set(id, [...(byId.get(id) ?? []), told])
    }
  }
  return [...byId].map(([id, texts]) => ({ id, text: texts.join('; ') }))
}

function impactOf(hops: readonly [PlanParts, ...PlanParts[]]): Impact {
  const [first] = hops
  const last = hops.at(-1) ?? first
  const restarts = hops.map(({ objects }) =>
    objects.changes.filter(({ restartsPods }) => restartsPods).map(({ object }) => object),
  )
  const lines = hops.flatMap((parts, index) => {
    const { profile, release, chart } = parts
    const recreates = parts.crds.some(({ action }) => action === 'recreate')
    const own = profile.impact(release.chartVersion, chart.version, restarts[index] ?? [], recreates)
    const objects = parts.remedies?.consents.map(({ text }) => text) ?? []
    return [...recreationImpact(parts), ...objects, ...own]
  })
  const computed = mergeValues(last.values.values, last.chart.defaults)
  const byKey = new Map(restarts.flat().map((ref) => [refKey(ref), ref]))
  return {
    restarts: [...byKey.values()],
    lines: [...new Set(lines)],
    afterwards: last.profile.afterwards(first.release.chartVersion, last.chart.version, computed),
  }
}

/** The order keeps the interruption short: helm, which takes longest, begins when all is back. */
function recreationImpact({ crds }: PlanParts): string[] {
  const recreated = crds.filter(({ action }) => action === 'recreate')
  if (recreated.length === 0) return []
  const objects = recreated.reduce((sum, { customResources }) => sum + customResources, 0)
  return [
    `custom resources: ${objects} of ${recreated.length} kinds are away from the first deletion until the last is made again; they are back before helm upgrade begins, since the new controller waits for them and the webhooks of the old one still answer`,
    'custom resources that are made again get new uids: who keeps the old ones has to look again',
  ]
}

function hopOf(parts: PlanParts, steps: Hop['steps']): Hop {
  const { release, chart } = parts
  const { name, namespace } = release
  const { version, appVersion, reference, contentDigest } = chart
  return {
    from: release.chartVersion,
    to: version,
    releases: [
      {
        name,
        namespace,
        chart: {
          name: chart.name,
          version,
          appVersion,
          reference: hideUrlPasswords(reference),
          digest: contentDigest,
        },
        values: {
          mode: parts.valuesMode,
          edits: parts.values.edits,
          digest: digestOfJson(parts.values.values),
        },
        objects: parts.objects.changes,
        unchangedObjects: parts.objects.unchanged,
      },
    ],
    crds: parts.crds,
    releaseNotes: parts.notes,
    steps,
  }
}

function stepsOf(parts: PlanParts, hop: number): Hop['steps'] {
  const { executor, crds, byHand, chart, release, profile } = parts
  const workloads = parts.after.filter(isWorkload).map(refOf)
  return planSteps({
    hop,
    executor,
    release,
    chartVersion: chart.version,
    crds,
    edits: parts.recreation?.edits ?? [],
    crdOwner: crdOwnershipAt(profile, chart.version),
    crdGroups: profile.crdGroups,
    kept: parts.kept,
    remedies: parts.remedies ?? noRemedies,
    workloads,
    byHand,
  })
}

/** Nothing to do means that version, chart, values and CRDs are all as wanted (design §2). */
function verdictOfPlan(hops: readonly PlanParts[]): PlanVerdict {
  if (hasError(hops.flatMap(({ findings }) => findings))) return 'blocked'
  if (hops.every(isAsWanted)) return 'nothing-to-do'
  return hasError(historyFindings(hops)) ? 'blocked' : 'ready'
}

/** What several hops find alike is told once; what only a later hop finds names it. */
function findingsOf(hops: readonly PlanParts[]): Finding[] {
  const seen = new Set<string>()
  const found = hops.flatMap(({ findings, release, chart }, index) => {
    const hop = index === 0 ? {} : { hop: `${release.chartVersion} → ${chart.version}` }
    return findings.map((finding): Finding => ({ ...finding, ...hop }))
  })
  if (!hops.every(isAsWanted)) found.push(...historyFindings(hops))
  found.push(...unneededConsents(hops[0]?.accepted ?? [], consentsOf(hops)))
  const once = found.filter(({ code, object, message }) => {
    const key = canonicalJson([code, object ?? null, message])
    return !seen.has(key) && seen.add(key)
  })
  return sortFindings(once)
}

/** True where version, chart, values and CRDs are all as wanted. */
export function isAsWanted(parts: Pick<PlanParts, 'release' | 'chart' | 'values' | 'crds'>): boolean {
  const { release, chart } = parts
  const sameChart =
    release.chartVersion === chart.version && release.chartContentDigest === chart.contentDigest
  const sameValues = digestOfJson(release.userSuppliedValues.reveal()) === digestOfJson(parts.values.values)
  const sameCrds = parts.crds.every(({ action }) => !['create', 'update', 'recreate'].includes(action))
  return release.releaseStatus === 'deployed' && sameChart && sameValues && sameCrds
}

const severityOrder: Severity[] = ['error', 'unknown', 'warning', 'info']

function sortFindings(findings: readonly Finding[]): Finding[] {
  const rank = ({ severity }: Finding): number => severityOrder.indexOf(severity)
  return [...findings].sort((left, right) => rank(left) - rank(right) || (left.code < right.code ? -1 : 1))
}
