import { UpgradeError } from '../../errors.js'
import { formatRef, type ObjectRef } from '../../model/object-ref.js'
import { resourcePolicy } from '../../model/resource-policy.js'
import type { Step } from '../../model/step.js'
import { readLiveObjects, type LiveObject } from '../live-objects.js'
import { journalProgress, type RunContext } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'

/**
 * Annotates live objects that leave the chart, so that helm does not delete them before the mesh's own
 * workloads take them over. An object that is not there is left alone: applying would make an empty one.
 */
export const keepObjects: StepRunner = {
  async run(step, context) {
    for (const { ref, live } of await readObjects(step, context)) {
      await journalProgress(
        context,
        step,
        live
          ? `annotate ${formatRef(ref)} ${resourcePolicy}=keep`
          : `${formatRef(ref)} is not there: nothing to keep`,
      )
      context.ports.progress({ type: 'step-progress', message: formatRef(ref) })
      if (live) await annotate(ref, { [resourcePolicy]: 'keep' }, context)
    }
  },

  async probe(step, context) {
    const found = await readObjects(step, context)
    const open = found.filter(({ live }) => live && live.metadata.annotations?.[resourcePolicy] !== 'keep')
    return open.length === 0
      ? { state: 'done', message: `${found.length} objects are marked ${resourcePolicy}=keep` }
      : { state: 'not-done', message: `${open.map(({ ref }) => formatRef(ref)).join(', ')}: not marked` }
  },
}

/** Takes the mark away again: applied without it, what this tool owned of the object goes. */
export const unkeepObjects: StepRunner = {
  async run(step, context) {
    for (const { ref, live } of await readObjects(step, context)) {
      if (live?.metadata.annotations?.[resourcePolicy] === undefined) continue
      await journalProgress(context, step, `take ${resourcePolicy} off ${formatRef(ref)}`)
      await annotate(ref, {}, context)
    }
  },

  async probe(step, context) {
    const found = await readObjects(step, context)
    const marked = found.filter(({ live }) => live?.metadata.annotations?.[resourcePolicy] !== undefined)
    return marked.length === 0
      ? { state: 'done', message: 'no object is marked' }
      : { state: 'not-done', message: `${marked.length} objects are marked` }
  },
}

async function readObjects(step: Step, { ports }: RunContext): Promise<LiveObject[]> {
  const refs = step.type === 'keep-objects' || step.type === 'unkeep-objects' ? step.objects : []
  return readLiveObjects(refs, ports)
}

async function annotate(
  ref: ObjectRef,
  annotations: Record<string, string>,
  { ports }: RunContext,
): Promise<void> {
  const { apiVersion, kind, namespace, name } = ref
  const place = namespace === undefined ? {} : { namespace }
  const applied = await ports.clusterWriter.apply({
    apiVersion,
    kind,
    metadata: { name, ...place, annotations },
  })
  if (applied.ok) return
  throw new UpgradeError('StepFailed', `annotate ${formatRef(ref)}: ${applied.refusal.message}`, {
    remedy: 'the release was not touched; run the command again when the cause is mended',
  })
}
