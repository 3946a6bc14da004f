import { runProgress } from '../../model/journal.js'
import { formatRef } from '../../model/object-ref.js'
import { journalProgress } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'

/** Deletes objects that helm cannot take back; it makes those of its manifest again in the step after this one. */
export const deleteObjects: StepRunner = {
  async run(step, context) {
    const { cluster, clusterWriter } = context.ports
    for (const ref of step.type === 'delete-objects' ? step.objects : []) {
      const live = await cluster.readObject(ref)
      if (!live) continue
      await journalProgress(context, step, `delete ${formatRef(ref)}`)
      await clusterWriter.delete(ref, live.metadata.uid ?? '')
    }
  },

  // What is there again may be helm's: only the journal tells.
  async probe(step, { store, part }) {
    const { done } = runProgress(await store.readJournal())
    return done[part]?.includes(step.id) === true
      ? { state: 'done', message: 'they were deleted' }
      : { state: 'not-done', message: 'not every one was deleted' }
  },
}
