/** The way back for objects that the run marked to stay, because the newer version makes them by itself. */
import { formatRef, refKey, type ObjectRef } from '../../model/object-ref.js'
import type { Step } from '../../model/step.js'
import { keepCommand } from '../objects/resource-policy.js'
import type { RollbackInput } from './plan-rollback.js'

/** Objects that the run marked to stay, by whether helm's newest revision still has them. */
function markedObjects({ hops, newestObjects }: RollbackInput): { known: ObjectRef[]; left: ObjectRef[] } {
  const marked = hops.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.type === 'keep-objects' ? step.objects : [])),
  )
  const names = new Set(newestObjects.map(refKey))
  return {
    known: marked.filter((ref) => names.has(refKey(ref))),
    left: marked.filter((ref) => !names.has(refKey(ref))),
  }
}

/** helm rollback cannot patch an object that its newest revision does not have: it makes it anew. */
export function deleteStep(input: RollbackInput): Step[] {
  const { left: objects } = markedObjects(input)
  if (objects.length === 0) return []
  return [
    {
      ...{ id: 'delete-objects', type: 'delete-objects', objects, mutates: true },
      title: `delete ${objects.map(formatRef).join(', ')}: helm makes those of revision ${input.before.releaseRevision} again`,
      commands: objects.map(deleteCommand),
    },
  ]
}

/** What pods of the newer version make by themselves, by whether the revision to go back to has it. */
export function madeAgain(input: RollbackInput): { objects: ObjectRef[]; gone: ObjectRef[] } {
  const { left } = markedObjects(input)
  const had = new Set(input.beforeObjects.map(refKey))
  return {
    objects: left.filter((ref) => had.has(refKey(ref))),
    gone: left.filter((ref) => !had.has(refKey(ref))),
  }
}

/** Until its pods are gone, the newer version makes its objects again, also after helm made them. */
export function reclaimStep(input: RollbackInput, toRevision: number): Step[] {
  const { objects, gone } = madeAgain(input)
  const left = [...objects, ...gone]
  if (left.length === 0) return []
  const { name, namespace } = input.before
  const restarts = input.workloads.filter((workload) => input.webhookPrograms.includes(workload.name))
  return [
    {
      ...{ id: 'reclaim-objects', type: 'reclaim-objects', objects, gone, restarts, mutates: true },
      ...{ release: name, namespace, toRevision },
      title: `take back, where pods of the newer version made it again meanwhile: ${left.map(formatRef).join(', ')}`,
      commands: [
        ...left.map(deleteCommand),
        input.rollbackCommand(toRevision),
        ...restarts.map((ref) => `${restartCommand(ref)}  # where its webhook has no caBundle`),
      ],
    },
  ]
}

function restartCommand({ kind, namespace = '', name }: ObjectRef): string {
  return `kubectl rollout restart ${kind.toLowerCase()}/${name} -n ${namespace}`
}

/** Takes the run's mark off what helm's newest revision still has. */
export function unkeepStep(input: RollbackInput): Step[] {
  const { known: objects } = markedObjects(input)
  if (objects.length === 0) return []
  return [
    {
      ...{ id: 'unkeep-objects', type: 'unkeep-objects', objects, mutates: true },
      title: `take the mark of this run off ${objects.map(formatRef).join(', ')}`,
      commands: objects.map((ref) => keepCommand(ref, 'off')),
    },
  ]
}

/** The command that deletes an object, wherever it has gone already. */
export function deleteCommand({ kind, namespace, name }: ObjectRef): string {
  const place = namespace === undefined ? '' : ` -n ${namespace}`
  return `kubectl delete --ignore-not-found ${kind.toLowerCase()}/${name}${place}`
}
