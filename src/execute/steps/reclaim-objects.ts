import type { Step } from '../../model/step.js'
import { isTaken, readLiveObjects, type LiveObject } from '../live-objects.js'
import { journalProgress, type RunContext } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'
import { deleteMadeAgain, goBack } from './rollback-release.js'

/**
 * Looks once more when the newer version's pods are gone: until then they make their objects again, over what
 * helm made. Such an object goes, and helm makes those of its manifest anew.
 */
export const reclaimObjects: StepRunner = {
  async run(step, context) {
    if (step.type !== 'reclaim-objects') return
    const { taken, left, isMissing } = await look(step, context)
    await deleteMadeAgain([...taken, ...left], step, context)
    // An object that is missing altogether is helm's to make, too: a run may have ended just here.
    if (taken.length > 0 || isMissing) {
      await journalProgress(context, step, `helm rollback once more, to revision ${step.toRevision}`)
      await goBack(step, step.objects, context)
    }
  },

  async probe(step, context) {
    if (step.type !== 'reclaim-objects') return { state: 'not-done', message: '' }
    const { taken, left, isMissing } = await look(step, context)
    return taken.length + left.length === 0 && !isMissing
      ? { state: 'done', message: "they are helm's, or gone" }
      : { state: 'not-done', message: 'the newer version made some of them again' }
  },
}

async function look(
  { objects, gone }: Extract<Step, { type: 'reclaim-objects' }>,
  { ports, payload: { release } }: RunContext,
): Promise<{ taken: LiveObject[]; left: LiveObject[]; isMissing: boolean }> {
  const [had, others] = await Promise.all([readLiveObjects(objects, ports), readLiveObjects(gone, ports)])
  return {
    taken: had.filter((each) => isTaken(each, release)),
    left: others.filter(({ live }) => live !== undefined),
    isMissing: had.some(({ live }) => live === undefined),
  }
}
