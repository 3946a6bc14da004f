import { customResourceKind, type LiveCrd } from '../../model/crd.js'
import type { Step } from '../../model/step.js'
import { crdRef, crdsToPutBack, putCrdsBack } from '../put-crds-back.js'
import { journalProgress, type RunContext } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'

/** Puts CRDs back as the backup has them, and deletes those that the run created where nothing uses them. */
export const restoreCrds: StepRunner = {
  async run(step, context) {
    const kept = await keptCrds(step, context)
    const onEach = (name: string): Promise<void> => journalProgress(context, step, `put CRD ${name} back`)
    await putCrdsBack(kept, { withinMs: context.payload.timeoutMs, onEach }, context)
    await deleteCreated(step, context)
  },

  async probe(step, context) {
    const kept = await keptCrds(step, context)
    const other = await crdsToPutBack(kept, context.ports)
    return other.length === 0
      ? { state: 'done', message: `${kept.length} CRDs are as in the backup` }
      : { state: 'not-done', message: `${other.map(({ name }) => name).join(', ')}: not as in the backup` }
  },
}

async function keptCrds(step: Step, { files }: RunContext): Promise<LiveCrd[]> {
  const names = step.type === 'restore-crds' ? step.crds : []
  await files.openBackup()
  return (await files.readBackupCrds()).filter(({ name }) => names.includes(name))
}

/** A CRD takes its objects with it: one that has any stays. */
async function deleteCreated(step: Step, context: RunContext): Promise<void> {
  const { ports } = context
  const created = step.type === 'restore-crds' ? step.created : []
  for (const { name, object } of await ports.cluster.readCrds(created)) {
    const kind = customResourceKind(object)
    const objects = kind ? await ports.cluster.countObjects(kind) : 0
    if (objects > 0) {
      ports.progress({ type: 'note', message: `CRD ${name} stays: it has ${objects} custom resources` })
      continue
    }
    await journalProgress(context, step, `delete CRD ${name}, which the run created and nothing uses`)
    await ports.clusterWriter.delete(crdRef(name), object.metadata.uid ?? '')
  }
}
