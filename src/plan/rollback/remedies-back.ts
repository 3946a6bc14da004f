import { formatRef, type ObjectRef } from '../../model/object-ref.js'
import type { Hop } from '../../model/plan.js'
import type { Step } from '../../model/step.js'
import { keepCommand } from '../objects/resource-policy.js'
import { recreateStep } from '../remedy-steps.js'
import type { RollbackInput } from './plan-rollback.js'

/** What the run made part of the release, and in which hop (from 1) of the run. */
export function adoptions(hops: readonly Hop[]): { hop: number; objects: ObjectRef[] }[] {
  return hops.flatMap(({ steps }) =>
    steps.flatMap((step) =>
      step.type === 'adopt-objects'
        ? [{ hop: Number(/-(\d+)$/.exec(step.id)?.[1] ?? 1), objects: step.objects }]
        : [],
    ),
  )
}

/**
 * helm deletes what the old manifest lacks, also what was there before it: a mark spares that. And it cannot
 * change back what it could not change.
 */
export function stepsBeforeRollback({
  hops,
  recreated = [],
}: Pick<RollbackInput, 'hops' | 'recreated'>): Step[] {
  const objects = adoptions(hops).flatMap((adoption) => adoption.objects)
  const protect: Step = {
    ...{ id: 'keep-adopted', type: 'keep-objects', objects, mutates: true },
    title: `keep what was there before the release had it: ${objects.map(formatRef).join(', ')}`,
    commands: objects.map((ref) => keepCommand(ref, 'keep')),
  }
  return [
    ...(objects.length > 0 ? [protect] : []),
    ...(recreated.length > 0 ? [recreateStep('recreate-rollback', recreated)] : []),
  ]
}

/** Adopted objects as they were, mark and all. */
export function unadoptSteps({ hops }: Pick<RollbackInput, 'hops'>): Step[] {
  return adoptions(hops).map(({ hop, objects }) => ({
    ...{ id: `unadopt-objects-${hop}`, type: 'unadopt-objects', objects, hop, mutates: true },
    title: `put back as before the release had it: ${objects.map(formatRef).join(', ')}`,
    commands: ['kubectl replace -f objects.ndjson'],
  }))
}
