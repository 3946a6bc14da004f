import { crdOwnershipAt } from '../../meshes/crd-ownership.js'
import type { MeshProfile } from '../../meshes/mesh.js'
import type { Chart } from '../../model/chart.js'
import type { ClusterIdentity } from '../../model/cluster.js'
import type { CrdChange, LiveCrd } from '../../model/crd.js'
import { hasError, type Finding } from '../../model/finding.js'
import { refOf, type KubeObject } from '../../model/kube-object.js'
import { refKey, type ObjectRef } from '../../model/object-ref.js'
import { planApiVersion, type PlanPurpose, type UpgradePlan } from '../../model/plan.js'
import type { ReleaseSnapshot } from '../../model/release.js'
import type { RestartWay, Step } from '../../model/step.js'
import { aimPlan } from '../aim-commands.js'
import { planDigest, planInputs } from '../assemble-plan.js'
import type { CommandsByHand } from '../commands-by-hand.js'
import type { Recreation } from '../crds/plan-recreation.js'
import { applyCrdsStep, backupStep, deleteStep, restoreStep, waitStep, type StepsInput } from '../steps.js'
import { restartImpact, restartSteps } from './restart-steps.js'

export interface RepairInput {
  purpose: PlanPurpose
  profile: MeshProfile
  cluster: ClusterIdentity
  /** What the cluster was last told to run. */
  release: ReleaseSnapshot
  /** The chart of that, as helm stored it. */
  chart: Chart
  /** What is wrong, or why else. */
  why: string
  /** The release's own, as they are. */
  workloads: readonly KubeObject[]
  /** Those that are to be restarted. */
  restarts: readonly ObjectRef[]
  way: RestartWay
  /** RFC 3339: tells this restart from every other. */
  at: string
  crds: readonly CrdChange[]
  liveCrds: readonly LiveCrd[]
  counts: ReadonlyMap<string, number>
  recreation: Recreation
  findings: readonly Finding[]
  /** Where a person gets the CRDs from. */
  byHand: Omit<CommandsByHand, 'upgrade'>
  clusterFlags: readonly string[]
}

/** A plan that leaves the release at its version: CRDs brought to it, workloads restarted. Pure. */
export function planRepair(input: RepairInput): UpgradePlan {
  const { purpose, profile, cluster, release, chart, crds, recreation } = input
  const { kubeContext, server, uid, kubeVersion } = cluster
  const version = { chartVersion: release.chartVersion, appVersion: release.appVersion }
  const findings = [...input.findings, ...recreation.findings]
  const steps = stepsOf(input)
  const restarted = restartedOf(input)
  const plan: Omit<UpgradePlan, 'digest'> = {
    apiVersion: planApiVersion,
    kind: 'UpgradePlan',
    executor: 'mesh-upgrade',
    purpose,
    // There is no older state to go back to: it goes on where it stopped.
    onFailure: 'stop',
    mesh: { id: profile.id, title: profile.title },
    release: { name: release.name, namespace: release.namespace, releaseRevision: release.releaseRevision },
    cluster: { kubeContext, server, uid, kubeVersion },
    from: version,
    to: { ...version, why: input.why },
    hops: [
      {
        ...{ from: chart.version, to: chart.version, releases: [], releaseNotes: [], steps },
        crds: [...crds],
      },
    ],
    findings,
    consents: recreation.consents,
    impact: {
      restarts: restarted.map(refOf),
      lines: [...recreationImpact(crds), ...restartImpact(restarted, input.way)],
      afterwards: [],
    },
    inputs: planInputs({
      ...{ clusterUid: uid, release, chart, values: release.userSuppliedValues.reveal() },
      ...{ crds: input.liveCrds, counts: input.counts },
    }),
    verdict: hasError(findings)
      ? 'blocked'
      : steps.some(({ mutates }) => mutates)
        ? 'ready'
        : 'nothing-to-do',
  }
  const aimed = aimPlan(plan, input.clusterFlags)
  return { ...aimed, digest: planDigest(aimed) }
}

function restartedOf({ workloads, restarts }: RepairInput): KubeObject[] {
  const wanted = new Set(restarts.map(refKey))
  return workloads.filter((workload) => wanted.has(refKey(refOf(workload))))
}

/** CRDs and resources are back before anything is restarted: what starts asks for them. */
function stepsOf(input: RepairInput): Step[] {
  const { purpose, profile, release, crds, recreation, workloads, byHand } = input
  const common: StepsInput = {
    ...{ hop: 1, executor: 'mesh-upgrade', release, chartVersion: release.chartVersion, crds },
    ...{ edits: recreation.edits, crdOwner: crdOwnershipAt(profile, release.chartVersion) },
    ...{ crdGroups: profile.crdGroups, kept: [], workloads: workloads.map(refOf) },
    byHand: { ...byHand, upgrade: [] },
  }
  const applied = crds.filter(({ action }) => ['create', 'update', 'recreate'].includes(action))
  const recreated = applied.filter(({ action }) => action === 'recreate')
  const { way, at } = input
  const order = profile.restartOrder ?? []
  return [
    ...(purpose === 'fix' ? [backupStep(common)] : []),
    ...(recreated.length > 0 ? [deleteStep(recreated)] : []),
    ...(applied.length > 0 ? [applyCrdsStep(common, applied)] : []),
    ...(recreated.length > 0 ? [restoreStep(common, recreated)] : []),
    ...restartSteps({ workloads: restartedOf(input), order, way, at }),
    ...(workloads.length > 0 ? [waitStep(common)] : []),
    ...(purpose === 'fix' ? [verifyStep] : []),
  ]
}

const verifyStep: Step = {
  ...{ id: 'verify', type: 'verify', mutates: false, commands: [] },
  title: 'verify workloads, CRDs and custom resources',
}

function recreationImpact(crds: readonly CrdChange[]): string[] {
  const recreated = crds.filter(({ action }) => action === 'recreate')
  if (recreated.length === 0) return []
  const objects = recreated.reduce((sum, { customResources }) => sum + customResources, 0)
  return [
    `custom resources: ${objects} of ${recreated.length} kinds are away from the first deletion until the last is made again from the backup`,
  ]
}
