import { field, listField, type KubeObject } from '../model/kube-object.js'
import { readQuantity } from './quantity.js'

/** How much of a resource a pod asks for: its containers together, or its largest init container. */
export function requestOf(pod: KubeObject, resource: string): number {
  const amounts = (part: string): number[] =>
    listField(pod, 'spec', part).map((container) =>
      readQuantity(field(container, 'resources', 'requests', resource)),
    )
  const together = amounts('containers').reduce((sum, amount) => sum + amount, 0)
  return (
    Math.max(together, ...amounts('initContainers')) + readQuantity(field(pod, 'spec', 'overhead', resource))
  )
}

/** How much of a resource a node has for pods. */
export function allocatableOf(node: KubeObject, resource: string): number {
  return readQuantity(field(node, 'status', 'allocatable', resource))
}
