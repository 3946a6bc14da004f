import { crdOwnershipAt } from '../meshes/crd-ownership.js'
import type { MeshProfile } from '../meshes/mesh.js'
import type { Chart } from '../model/chart.js'
import type { ClusterSnapshot } from '../model/cluster.js'
import { versionsOf, type CrdChange, type LiveCrd } from '../model/crd.js'
import { digestOfJson } from '../model/digest.js'
import { hasError, type Finding, type Severity } from '../model/finding.js'
import { field, type KubeObject, refOf } from '../model/kube-object.js'
import type { ObjectRef } from '../model/object-ref.js'
import {
  planApiVersion,
  type Hop,
  type Impact,
  type PlanInputs,
  type PlanVerdict,
  type UpgradePlan,
  type ValuesMode,
} from '../model/plan.js'
import { hideUrlPasswords } from '../model/redaction.js'
import type { ReleaseNotes } from '../model/release-notes.js'
import type { ReleaseSnapshot } from '../model/release.js'
import type { Values } from '../model/values.js'
import type { ObjectDiff } from './objects/diff-objects.js'
import { isWorkload } from './objects/is-workload.js'
import type { PlannedValues } from './values/carry-values.js'
import { mergeValues } from './values/value-paths.js'
import { aimPlan } from './aim-commands.js'
import type { CommandsByHand } from './commands-by-hand.js'
import { planSteps } from './steps.js'

export interface PlanParts {
  executor: 'mesh-upgrade' | 'helm'
  profile: MeshProfile
  cluster: ClusterSnapshot
  release: ReleaseSnapshot
  chart: Chart
  targetReason: string
  valuesMode: ValuesMode
  values: PlannedValues
  liveCrds: readonly LiveCrd[]
  counts: ReadonlyMap<string, number>
  crds: CrdChange[]
  notes: ReleaseNotes[]
  after: readonly KubeObject[]
  /** Live objects that leave the chart and are to stay. */
  kept: readonly ObjectRef[]
  objects: ObjectDiff
  findings: Finding[]
  byHand: CommandsByHand
  /** helm's flags for the cluster that this call names. */
  clusterFlags: readonly string[]
}

/** Puts everything that was read and decided into the document that is shown, consented to and executed. */
export function assemblePlan(parts: PlanParts): UpgradePlan {
  const { profile, cluster, release, chart } = parts
  const restarts = parts.objects.changes
    .filter(({ restartsPods }) => restartsPods)
    .map(({ object }) => object)
  const verdict = verdictOfPlan(parts)
  const plan: Omit<UpgradePlan, 'digest'> = {
    apiVersion: planApiVersion,
    kind: 'UpgradePlan',
    executor: parts.executor,
    mesh: { id: profile.id, title: profile.title },
    release: { name: release.name, namespace: release.namespace, releaseRevision: release.releaseRevision },
    cluster: {
      kubeContext: cluster.kubeContext,
      server: cluster.server,
      uid: cluster.uid,
      kubeVersion: cluster.kubeVersion,
    },
    from: { chartVersion: release.chartVersion, appVersion: release.appVersion },
    to: { chartVersion: chart.version, appVersion: chart.appVersion, why: parts.targetReason },
    hops: [hopOf(parts, verdict)],
    findings: sortFindings(parts.findings),
    consents: [],
    impact:
      verdict === 'nothing-to-do' ? { restarts: [], lines: [], afterwards: [] } : impactOf(parts, restarts),
    inputs: planInputs({
      clusterUid: cluster.uid,
      release,
      chart,
      values: parts.values.values,
      crds: parts.liveCrds,
      counts: parts.counts,
    }),
    verdict,
  }
  const aimed = aimPlan(plan, parts.clusterFlags)
  return { ...aimed, digest: digestOfJson(aimed) }
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

function impactOf({ profile, release, chart, values }: PlanParts, restarts: ObjectRef[]): Impact {
  const [from, to] = [release.chartVersion, chart.version]
  const computed = mergeValues(values.values, chart.defaults)
  return {
    restarts,
    lines: profile.impact(from, to, restarts),
    afterwards: profile.afterwards(from, to, computed),
  }
}

function hopOf(parts: PlanParts, verdict: PlanVerdict): Hop {
  const { release, chart } = parts
  const workloads = parts.after.filter(isWorkload).map(refOf)
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
    steps: verdict === 'nothing-to-do' ? [] : stepsOf(parts, workloads),
  }
}

function stepsOf(parts: PlanParts, workloads: ObjectRef[]): Hop['steps'] {
  const { executor, crds, byHand, chart, release, profile } = parts
  return planSteps({
    executor,
    release,
    chartVersion: chart.version,
    crds,
    crdOwner: crdOwnershipAt(profile, chart.version),
    crdGroups: profile.crdGroups,
    kept: parts.kept,
    workloads,
    byHand,
  })
}

/** Nothing to do means that version, chart, values and CRDs are all as wanted (design §2). */
function verdictOfPlan(parts: PlanParts): PlanVerdict {
  if (hasError(parts.findings)) return 'blocked'
  return isAsWanted(parts) ? 'nothing-to-do' : 'ready'
}

/** True where version, chart, values and CRDs are all as wanted. */
export function isAsWanted(parts: Pick<PlanParts, 'release' | 'chart' | 'values' | 'crds'>): boolean {
  const { release, chart } = parts
  const sameChart =
    release.chartVersion === chart.version && release.chartContentDigest === chart.contentDigest
  const sameValues = digestOfJson(release.userSuppliedValues.reveal()) === digestOfJson(parts.values.values)
  const sameCrds = parts.crds.every(({ action }) => action !== 'create' && action !== 'update')
  return release.releaseStatus === 'deployed' && sameChart && sameValues && sameCrds
}

const severityOrder: Severity[] = ['error', 'unknown', 'warning', 'info']

function sortFindings(findings: readonly Finding[]): Finding[] {
  const rank = ({ severity }: Finding): number => severityOrder.indexOf(severity)
  return [...findings].sort((left, right) => rank(left) - rank(right) || (left.code < right.code ? -1 : 1))
}
