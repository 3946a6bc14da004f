import { customResourceKind, type LiveCrd } from '../../model/crd.js'
import type { Step } from '../../model/step.js'
import { crdRef, crdsToPutBack, isGoing, putCrdsBack } from '../put-crds-back.js'
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
    const unused = (await createdLeft(step, context)).filter(({ count }) => count === 0)
    const names = [...other, ...unused].map(({ name }) => name)
    return names.length === 0
      ? { state: 'done', message: `${kept.length} CRDs are as in the backup` }
      : { state: 'not-done', message: `${names.join(', ')}: not as before the run` }
  },
}

async function keptCrds(step: Step, { files }: RunContext): Promise<LiveCrd[]> {
  const names = step.type === 'restore-crds' ? step.crds : []
  await files.openBackup()
  return (await files.readBackupCrds()).filter(({ name }) => names.includes(name))
}

/** A CRD takes its objects with it: one that has any stays. */
async function deleteCreated(step: Step, context: RunContext): Promise<void> {
  const { progress, clusterWriter } = context.ports
  for (const { name, object, count } of await createdLeft(step, context)) {
    if (count > 0) {
      progress({ type: 'note', message: `CRD ${name} stays: it has ${count} custom resources` })
      continue
    }
    await journalProgress(context, step, `delete CRD ${name}, which the run created and nothing uses`)
    await clusterWriter.delete(crdRef(name), object.metadata.uid ?? '')
  }
}

/** CRDs that the run created and that are there, each with how many objects it has. */
async function createdLeft(
  step: Step,
  { ports: { cluster } }: RunContext,
): Promise<(LiveCrd & { count: number })[]> {
  const live = await cluster.readCrds(step.type === 'restore-crds' ? step.created : [])
  const left = live.filter((crd) => !isGoing(crd))
  return Promise.all(
    left.map(async (crd) => {
      const kind = customResourceKind(crd.object)
      return { ...crd, count: kind ? await cluster.countObjects(kind) : 0 }
    }),
  )
}
