import { UpgradeError } from '../../errors.js'
import { awaitServed } from '../await-crds.js'
import { journalEntry } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'

const establishedWithinMs = 60_000

/** Applies each CRD in place and waits until the API server serves it. */
export const applyCrds: StepRunner = async (step, context) => {
  if (step.type !== 'apply-crds') return
  const { payload, ports, store } = context
  const wanted = payload.crds.filter(({ name }) => step.crds.includes(name))
  for (const [index, { name, object }] of wanted.entries()) {
    await store.appendJournal(
      journalEntry(context, { stepId: step.id, phase: 'progress', message: `apply CRD ${name}` }),
    )
    ports.progress({ type: 'step-progress', message: `CRD ${name}`, done: index, total: wanted.length })
    const applied = await ports.clusterWriter.apply(object)
    if (!applied.ok) {
      throw new UpgradeError('StepFailed', `update CRD ${name}: ${applied.refusal.message}`, {
        remedy: 'the release was not touched; run the command again when the cause is mended',
      })
    }
  }
  await awaitServed(async () => wanted, context, establishedWithinMs)
}
