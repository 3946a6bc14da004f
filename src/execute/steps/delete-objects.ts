import { runProgress } from '../../model/journal.js'
import { formatRef } from '../../model/object-ref.js'
import { readLiveObjects } from '../live-objects.js'
import { journalProgress } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'
import { rollbackRelease } from './rollback-release.js'

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

  // What is there once helm has gone back is helm's; before that it is in helm's way, whoever made it.
  async probe(step, context) {
    const { begun } = runProgress(await context.store.readJournal())
    const later = context.steps.find(({ type }) => type === 'rollback-release')
    if (later && begun.includes(later.id)) {
      const helm = await rollbackRelease.probe(later, context)
      if (helm.state === 'done') return { state: 'done', message: `helm has gone back: ${helm.message}` }
    }
    const objects = step.type === 'delete-objects' ? step.objects : []
    const found = await readLiveObjects(objects, context.ports)
    return found.every(({ live }) => live === undefined)
      ? { state: 'done', message: 'they are gone' }
      : { state: 'not-done', message: 'not every one is gone' }
  },
}
