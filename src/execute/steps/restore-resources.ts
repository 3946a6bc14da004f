import type { CustomResourceKind, ResourceEdit } from '../../model/crd.js'
import { awaySince } from '../../model/resources-away.js'
import type { Step } from '../../model/step.js'
import { openItems, restoreObjects, type Restored } from '../restore-objects.js'
import { journalProgress, type RunContext } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'

/** Puts custom resources of the backup back: what is gone is made again, what differs is replaced. */
export const restoreResources: StepRunner = {
  async run(step, context) {
    await context.files.openBackup()
    const restored = await restoreObjects(
      {
        ...wishOf(step, context),
        overwrite: true,
        remedy:
          'all of them are in the backup: mend what the server names, then go on with {program} resume, which puts back what is missing',
        withinMs: context.payload.timeoutMs,
        keepReplaced: async (raws) => {
          const name = `replaced-${context.ports.clock.now()}`
          const file = await context.files.keepStorageObjects(name, raws)
          await journalProgress(context, step, `${raws.length} objects as they were before: ${file}`)
        },
        onBatch: (message) => journalProgress(context, step, message),
      },
      context,
    )
    await tellRestored(restored, step, context)
  },

  async probe(step, context) {
    await context.files.openBackup()
    const { missing, changed } = await openItems(wishOf(step, context), context)
    const open = missing.length + changed.length
    if (open > 0) return { state: 'not-done', message: `${open} custom resources are not as in the backup` }
    // Who died just before the end could not tell for how long they were away.
    await tellRestored({ created: 0, replaced: 0, left: 0 }, step, context)
    return { state: 'done', message: 'all custom resources of the backup are there as they were' }
  },
}

function wishOf(
  step: Step,
  { payload }: RunContext,
): { kinds: CustomResourceKind[]; edits: readonly ResourceEdit[] } {
  const { crds = [], edits = [] } = step.type === 'restore-resources' ? step : {}
  return { kinds: payload.customResourceKinds.filter(({ crd }) => crds.includes(crd)), edits }
}

/** Says for how long custom resources were away, where CRDs were deleted. */
async function tellRestored({ created }: Restored, step: Step, context: RunContext): Promise<void> {
  const { ports, store, files } = context
  const since = awaySince(await store.readJournal())
  if (since === undefined) return
  const kinds = wishOf(step, context).kinds
  const backedUp = await Promise.all(kinds.map((kind) => files.readBackupSummaries(kind)))
  const awayMs = ports.clock.now() - since
  const awayObjects = backedUp.flat().length
  const made = created > 0 ? `, ${created} of them made again just now` : ''
  const message = `${awayObjects} custom resources were away for ${(awayMs / 1000).toFixed(1)} s${made}`
  await journalProgress(context, step, message, { awayMs, awayObjects })
  ports.progress({ type: 'note', message })
}
