import { UpgradeError } from '../../errors.js'
import { formatRef, type ObjectRef } from '../../model/object-ref.js'
import { resourcePolicy } from '../../model/resource-policy.js'
import { journalEntry } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'

/**
 * Annotates live objects that leave the chart, so that helm does not delete them before the mesh's own
 * workloads take them over. An object that is not there is left alone: applying would make an empty one.
 */
export const keepObjects: StepRunner = async (step, context) => {
  if (step.type !== 'keep-objects') return
  const { ports, store } = context
  for (const ref of step.objects) {
    const isThere = (await ports.cluster.readObject(ref)) !== undefined
    const message = isThere
      ? `annotate ${formatRef(ref)} ${resourcePolicy}=keep`
      : `${formatRef(ref)} is not there: nothing to keep`
    await store.appendJournal(journalEntry(context, { stepId: step.id, phase: 'progress', message }))
    ports.progress({ type: 'step-progress', message })
    if (!isThere) continue
    const applied = await ports.clusterWriter.apply(withKeep(ref))
    if (!applied.ok) {
      throw new UpgradeError('StepFailed', `annotate ${formatRef(ref)}: ${applied.refusal.message}`, {
        remedy: 'the release was not touched; run the command again when the cause is mended',
      })
    }
  }
}

function withKeep({ apiVersion, kind, namespace, name }: ObjectRef): {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; annotations: Record<string, string> }
} {
  const place = namespace === undefined ? {} : { namespace }
  return { apiVersion, kind, metadata: { name, ...place, annotations: { [resourcePolicy]: 'keep' } } }
}
