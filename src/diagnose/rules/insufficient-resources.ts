import { profileForChart } from '../../meshes/registry.js'
import type { Finding, Remedy } from '../../model/finding.js'
import { formatRef, refKey, type ObjectRef } from '../../model/object-ref.js'
import { causeOf, groupBy, namesOf, some, upgradeCommand, workloadsOf } from '../cause.js'
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
    pods.map((pod) => `${pod.workload.name} asks for ${amounts(resources, (each) => requestOf(pod.object, each))}`),
    5,
  )
  const what = pods.length === 1 ? 'a pod' : `${pods.length} pods`
  const old = oldPods(pods, facts)
  return causeOf({
    code: 'MU701',
    pods,
    message: `Insufficient ${resources.join(' and ')}: no node has room for ${what} of ${namesOf(workloadsOf(pods))}; ${asked.join(', ')}`,
    evidence: [
      ...some(
        pods.map((pod) => `scheduler: ${schedulerWords(pod)}`),
        3,
      ),
      ...nodeLines(resources, facts),
      ...old.slice(0, 5).map((pod) => `${formatRef(pod.ref)}, of the version before, still holds ${amounts(resources, (each) => requestOf(pod.object, each))}`),
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
    .map((node) => `node ${node.metadata.name} has ${amounts(resources, (each) => allocatableOf(node, each))} for pods`)
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
  const swaps = workloadsOf(pods).filter((workload) => fitsInPlaceOfOld(workload, pods, old, facts, resources))
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
