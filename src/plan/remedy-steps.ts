import { formatRef, type ObjectRef } from '../model/object-ref.js'
import type { RecreatedObject, Step } from '../model/step.js'
import type { ReleaseName } from '../model/release.js'
import type { ObjectRemedies } from './objects/object-remedies.js'
import { kubectlName } from './objects/object-remedies.js'
import { adoptCommands } from './objects/plan-adoption.js'
import { recreateCommand } from './objects/plan-recreated-objects.js'

/** What comes right before helm, so that nothing stands in its way. */
export function stepsBeforeHelm(
  { adopted, recreated }: Pick<ObjectRemedies, 'adopted' | 'recreated'>,
  release: ReleaseName,
): Step[] {
  const { name, namespace } = release
  const adopt: Step = {
    ...{ id: 'adopt-objects', type: 'adopt-objects', objects: [...adopted], release: name, namespace },
    title: `make part of ${name}: ${adopted.map(formatRef).join(', ')}`,
    mutates: true,
    commands: adopted.flatMap((ref) => adoptCommands(ref, release)),
  }
  return [
    ...(adopted.length > 0 ? [adopt] : []),
    ...(recreated.length > 0 ? [recreateStep('recreate-objects', recreated)] : []),
  ]
}

/** Deletes what helm makes again right after. */
export function recreateStep(id: string, objects: readonly RecreatedObject[]): Step {
  return {
    ...{ id, type: 'recreate-objects', objects: [...objects] },
    title: `delete what cannot be changed and helm makes again: ${objects.map(formatRef).join(', ')}`,
    mutates: true,
    commands: objects.map(recreateCommand),
  }
}

/** Comes when the new pods are ready; nothing where all pods were taken over. */
export function orphanSteps(id: string, objects: readonly ObjectRef[]): Step[] {
  if (objects.length === 0) return []
  return [
    {
      ...{ id, type: 'remove-orphans', objects: [...objects] },
      title: `delete the old pods of ${objects.map(formatRef).join(', ')}`,
      mutates: true,
      commands: objects.map((ref) =>
        ref.kind === 'Deployment'
          ? `kubectl delete replicaset/${ref.name}-HASH${placeOf(ref)}`
          : `kubectl delete pods of the deleted ${kubectlName(ref)}`,
      ),
    },
  ]
}

function placeOf({ namespace }: ObjectRef): string {
  return namespace === undefined ? '' : ` -n ${namespace}`
}
