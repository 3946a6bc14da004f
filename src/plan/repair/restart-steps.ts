import { field, refOf, type KubeObject } from '../../model/kube-object.js'
import { formatRef, type ObjectRef } from '../../model/object-ref.js'
import type { RestartWay, Step } from '../../model/step.js'

export interface RestartInput {
  /** As they are. */
  workloads: readonly KubeObject[]
  /** Names in the order of the mesh. */
  order: readonly string[]
  way: RestartWay
  /** RFC 3339. */
  at: string
}

/** One step for each workload, in the order of the mesh. Pure. */
export function restartSteps({ workloads, order, way, at }: RestartInput): Step[] {
  return inOrder(workloads, order).map((workload) => {
    const ref = refOf(workload)
    const chosen = wayFor(workload, way)
    return {
      id: `restart-${ref.kind.toLowerCase()}-${ref.name}`,
      type: 'restart-workloads',
      ...{ workloads: [ref], way: chosen, at, mutates: true },
      title:
        chosen === 'rollout'
          ? `restart ${formatRef(ref)} and wait for it`
          : `replace the pods of ${formatRef(ref)} one by one: the old one goes first`,
      commands: commandsOf(ref, chosen),
    }
  })
}

/** What a restart interrupts, one line for each workload that it does. */
export function restartImpact(workloads: readonly KubeObject[], way: RestartWay): string[] {
  return workloads.flatMap((workload) => {
    if (!losesPod(workload, wayFor(workload, way))) return []
    const { kind, name } = refOf(workload)
    if (kind === 'DaemonSet') return [`${name}: away from one node after the other`]
    const replicas = replicasOf(workload)
    return replicas === 1
      ? [`${name} has a single replica: it is away until its new pod is ready`]
      : [`${name}: one of ${replicas} replicas is away at a time`]
  })
}

function replicasOf(workload: KubeObject): number {
  const replicas = field(workload, 'spec', 'replicas')
  return typeof replicas === 'number' ? replicas : 1
}

/** Those that the mesh names come first; others keep their order. */
function inOrder(workloads: readonly KubeObject[], order: readonly string[]): KubeObject[] {
  const rank = ({ metadata: { name } }: KubeObject): number => {
    const at = order.indexOf(name)
    return at < 0 ? order.length : at
  }
  return [...workloads].sort((left, right) => rank(left) - rank(right))
}

/** A changed template alone does not replace the pods of such a workload. */
function wayFor(workload: KubeObject, way: RestartWay): RestartWay {
  return field(workload, 'spec', 'updateStrategy', 'type') === 'OnDelete' ? 'delete-pods' : way
}

/** True where a pod goes before its replacement is ready. */
function losesPod(workload: KubeObject, way: RestartWay): boolean {
  if (way === 'delete-pods' || workload.kind !== 'Deployment') return true
  if (field(workload, 'spec', 'strategy', 'type') === 'Recreate') return true
  const surge = field(workload, 'spec', 'strategy', 'rollingUpdate', 'maxSurge')
  return surge === 0 || surge === '0%'
}

function commandsOf({ kind, namespace = '', name }: ObjectRef, way: RestartWay): string[] {
  const workload = `${kind.toLowerCase()}/${name} -n ${namespace}`
  const status = `kubectl rollout status ${workload}`
  if (way === 'rollout') return [`kubectl rollout restart ${workload}`, status]
  return [`kubectl delete pod POD -n ${namespace}  # one after the other, waiting for each`, status]
}
