import { formatRef, type ObjectRef } from '../../model/object-ref.js'
import type { Step } from '../../model/step.js'
import { journalProgress, type RunContext } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'
import { takenObjects, type TakenObject } from '../taken-objects.js'
import { goBack } from './rollback-release.js'

/**
 * Looks once more when the newer version's pods are gone: until then they make their objects again, over what
 * helm made. Such an object goes, and helm makes those of its manifest anew.
 */
export const reclaimObjects: StepRunner = {
  async run(step, context) {
    if (step.type !== 'reclaim-objects') return
    const { taken, left } = await againObjects(step, context)
    for (const { ref, uid } of [...taken, ...left]) {
      await journalProgress(context, step, `delete ${formatRef(ref)}, which the newer version made again`)
      await context.ports.clusterWriter.delete(ref, uid)
    }
    // An object that is missing altogether is helm's to make, too: a run may have ended just here.
    if (taken.length > 0 || (await hasMissing(step.objects, context))) {
      await journalProgress(context, step, `helm rollback once more, to revision ${step.toRevision}`)
      await goBack(step, step.objects, context)
    }
  },

  async probe(step, context) {
    if (step.type !== 'reclaim-objects') return { state: 'not-done', message: '' }
    const { taken, left } = await againObjects(step, context)
    const isDone = taken.length + left.length === 0 && !(await hasMissing(step.objects, context))
    return isDone
      ? { state: 'done', message: "they are helm's, or gone" }
      : { state: 'not-done', message: 'the newer version made some of them again' }
  },
}

async function againObjects(
  { objects, gone }: Extract<Step, { type: 'reclaim-objects' }>,
  { ports: { cluster }, payload: { release } }: RunContext,
): Promise<{ taken: TakenObject[]; left: TakenObject[] }> {
  const [taken, left] = await Promise.all([
    takenObjects(objects, release, cluster),
    Promise.all(gone.map((ref) => cluster.readObject(ref))),
  ])
  const there = gone.flatMap((ref, index) => {
    const live = left[index]
    return live ? [{ ref, uid: live.metadata.uid ?? '' }] : []
  })
  return { taken, left: there }
}

async function hasMissing(objects: readonly ObjectRef[], { ports }: RunContext): Promise<boolean> {
  const found = await Promise.all(objects.map((ref) => ports.cluster.readObject(ref)))
  return found.includes(undefined)
}
