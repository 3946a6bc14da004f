import { profileForChart } from '../../meshes/registry.js'
import type { Finding, Remedy } from '../../model/finding.js'
import type { KubeObject } from '../../model/kube-object.js'
import { formatRef, refKey, type ObjectRef } from '../../model/object-ref.js'
import { causeOf, groupBy, namesOf, some, subjectOf, upgradeCommand, workloadsOf } from '../cause.js'
import { formatQuantity } from '../quantity.js'
import { allocatableOf, requestOf } from '../requests.js'
import type { PodFacts, RolloutFacts } from '../rollout-facts.js'
import { schedulerWords } from '../scheduling.js'

type Resource = 'cpu' | 'memory'

const shownNodes = 5

/** MU701: no node has the CPU or memory that a pod asks for. */
export function insufficientResources(facts: RolloutFacts): Finding[] {
  const lacking = facts.stalled.filter((pod) => resourcesOf(pod).length > 0)
  const groups = groupBy(lacking, (pod) => resourcesOf(pod).join())
  return groups.map((pods) => oneFinding(pods, pods[0] ? resourcesOf(pods[0]) : [], facts))
}

/** `1 Insufficient cpu, 2 Insufficient memory` of the scheduler's histogram. */
function resourcesOf(pod: PodFacts): Resource[] {
  const words = schedulerWords(pod)
  return (['cpu', 'memory'] as const).filter((name) => new RegExp(`\\bInsufficient ${name}\\b`).test(words))
}

function oneFinding(pods: readonly PodFacts[], resources: Resource[], facts: RolloutFacts): Finding {
  const asked = some(
    pods.map(
      (pod) => `${pod.workload.name} asks for ${amounts(resources, (each) => requestOf(pod.object, each))}`,
    ),
    5,
  )
  const what = pods.length === 1 ? 'a pod' : `${pods.length} pods`
  const old = oldPods(pods, facts)
  return causeOf({
    code: 'MU701',
    pods,
    message: `Insufficient ${resources.join(' and ')}: no node has room for ${what} of ${subjectOf(pods)}; ${asked.join(', ')}`,
    evidence: [
      ...some(
        pods.map((pod) => `scheduler: ${schedulerWords(pod)}`),
        3,
      ),
      ...nodeLines(resources, facts),
      ...old
        .slice(0, 5)
        .map(
          (pod) =>
            `${formatRef(pod.ref)}, of the version before, still holds ${amounts(resources, (each) => requestOf(pod.object, each))}`,
        ),
    ],
    remedy: remedyOf(pods, old, resources, facts),
  })
}

function amounts(resources: readonly Resource[], amountOf: (resource: Resource) => number): string {
  const words = { cpu: 'CPU', memory: 'memory' }
  return resources.map((each) => `${formatQuantity(each, amountOf(each))} ${words[each]}`).join(' and ')
}

function nodeLines(resources: readonly Resource[], { nodes }: RolloutFacts): string[] {
  const lines = nodes
    .slice(0, shownNodes)
    .map(
      (node) =>
        `node ${node.metadata.name} has ${amounts(resources, (each) => allocatableOf(node, each))} for pods`,
    )
  return nodes.length > shownNodes ? [...lines, `… and ${nodes.length - shownNodes} more nodes`] : lines
}

/** Ready pods of the same workloads: a rollout starts new ones beside them. */
function oldPods(pods: readonly PodFacts[], { ready }: RolloutFacts): PodFacts[] {
  const keys = new Set(pods.map(({ workload }) => refKey(workload)))
  return ready.filter(({ workload }) => keys.has(refKey(workload)))
}

function remedyOf(
  pods: readonly PodFacts[],
  old: readonly PodFacts[],
  resources: readonly Resource[],
  facts: RolloutFacts,
): Remedy {
  const swaps = fitTogether(pods, resources, facts)
    ? workloadsOf(pods).filter((workload) => fitsInPlaceOfOld(workload, pods, old, resources))
    : []
  const texts = [
    ...(swaps.length > 0
      ? [`let the old pod of ${namesOf(swaps)} go first (it is away until the new one is ready)`]
      : []),
    'lower what the pods ask for',
    'add CPU or memory to the cluster (Docker Desktop: Settings → Resources)',
  ]
  return {
    text: texts.join(', or '),
    commands: [...swaps.map(noSurge), ...lowerRequests(pods, old, resources, facts)],
  }
}

/** False where the nodes are too small for all of them, even without anything else. */
function fitTogether(
  pods: readonly PodFacts[],
  resources: readonly Resource[],
  { nodes }: RolloutFacts,
): boolean {
  return resources.every((each) => nodes.length === 0 || sumOf(pods, each) <= roomOf(nodes, each))
}

function sumOf(pods: readonly PodFacts[], resource: Resource): number {
  return pods.reduce((sum, { object }) => sum + requestOf(object, resource), 0)
}

function roomOf(nodes: readonly KubeObject[], resource: Resource): number {
  return nodes.reduce((sum, node) => sum + allocatableOf(node, resource), 0)
}

/** True where the new pod has room as soon as the old one is gone. */
function fitsInPlaceOfOld(
  workload: ObjectRef,
  pods: readonly PodFacts[],
  old: readonly PodFacts[],
  resources: readonly Resource[],
): boolean {
  const [pod] = ofWorkload(pods, workload)
  if (!pod || workload.kind !== 'Deployment') return false
  return resources.every((each) =>
    ofWorkload(old, workload).some((one) => requestOf(one.object, each) >= requestOf(pod.object, each)),
  )
}

function noSurge({ name, namespace }: ObjectRef): string {
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }
  const patch = JSON.stringify({ spec: { strategy } })
  return `kubectl patch deployment ${name} -n ${namespace ?? ''} --type merge -p '${patch}'`
}

function lowerRequests(
  pods: readonly PodFacts[],
  old: readonly PodFacts[],
  resources: readonly Resource[],
  facts: RolloutFacts,
): string[] {
  const { release } = facts
  const profile = profileForChart(release.chartName)
  const words = workloadsOf(pods).flatMap((workload) => {
    const path = profile.resourcePath?.(workload.name, release.chartVersion)
    if (path === undefined) return []
    return resources.flatMap((each) => {
      const now = largest(ofWorkload(pods, workload), each)
      const before = largest(ofWorkload(old, workload), each)
      // What the version before asked for is known to fit.
      const amount = before > 0 && before < now ? before : now * shareThatFits(pods, each, facts)
      return amount > 0 ? ['--set', `${path}.requests.${each}=${formatQuantity(each, amount)}`] : []
    })
  })
  return words.length > 0 ? [upgradeCommand(release, ...words)] : []
}

/** By how much all pods would have to ask for less to fit beside the old ones: a half at most, a twentieth at least. */
function shareThatFits(
  pods: readonly PodFacts[],
  resource: Resource,
  { nodes, ready }: RolloutFacts,
): number {
  if (nodes.length === 0) return 0.5
  const free = roomOf(nodes, resource) - sumOf(ready, resource)
  return Math.min(0.5, Math.max(0.05, free / sumOf(pods, resource)))
}

function largest(pods: readonly PodFacts[], resource: Resource): number {
  return Math.max(0, ...pods.map(({ object }) => requestOf(object, resource)))
}

function ofWorkload(pods: readonly PodFacts[], workload: ObjectRef): PodFacts[] {
  return pods.filter((pod) => refKey(pod.workload) === refKey(workload))
}
