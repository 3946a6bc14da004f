import { lacksAuthority } from '../../diagnose/webhook-status.js'
import { timeText } from '../../model/plain-text.js'
import type { Step } from '../../model/step.js'
import { isTaken, readLiveObjects, type LiveObject } from '../live-objects.js'
import { journalProgress, type RunContext } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'
import { restartWorkloads } from './restart-workloads.js'
import { deleteMadeAgain, goBack } from './rollback-release.js'

type Reclaim = Extract<Step, { type: 'reclaim-objects' }>

/** So long a program that has just started is given to complete its webhook. */
const completionMs = 10_000

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
    await completeWebhooks(step, context)
  },

  async probe(step, context) {
    if (step.type !== 'reclaim-objects') return { state: 'not-done', message: '' }
    const { taken, left, isMissing, isIncomplete } = await look(step, context)
    if (taken.length + left.length > 0 || isMissing)
      return { state: 'not-done', message: 'the newer version made some of them again' }
    return isIncomplete
      ? { state: 'not-done', message: 'a webhook has no caBundle' }
      : { state: 'done', message: "they are helm's, or gone" }
  },
}

/** Programs of a mesh complete their webhooks only as they start; what was made anew after that stays as it is. */
async function completeWebhooks(step: Reclaim, context: RunContext): Promise<void> {
  const { ports, interrupts } = context
  const { clock, progress } = ports
  const deadline = clock.now() + completionMs
  while ((await look(step, context)).isIncomplete) {
    if (interrupts.finishStep.aborted) return
    if (clock.now() >= deadline) {
      progress({
        type: 'note',
        message: 'a webhook has no caBundle: the programs that write it are restarted',
      })
      const at = timeText(clock.now()) ?? ''
      const restart = {
        ...step,
        type: 'restart-workloads',
        workloads: step.restarts,
        way: 'rollout',
        at,
      } as const
      return restartWorkloads.run(restart, context)
    }
    await clock.sleep(1_000, interrupts.finishStep)
  }
}

async function look(
  { objects, gone }: Reclaim,
  { ports, payload: { release } }: RunContext,
): Promise<{ taken: LiveObject[]; left: LiveObject[]; isMissing: boolean; isIncomplete: boolean }> {
  const [had, others] = await Promise.all([readLiveObjects(objects, ports), readLiveObjects(gone, ports)])
  return {
    taken: had.filter((each) => isTaken(each, release)),
    left: others.filter(({ live }) => live !== undefined),
    isMissing: had.some(({ live }) => live === undefined),
    isIncomplete: had.some(({ live }) => lacksAuthority(live)),
  }
}
