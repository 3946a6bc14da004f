import { UpgradeError } from '../../errors.js'
import { formatRef } from '../../model/object-ref.js'
import { awaitRollout } from '../watch-rollout.js'
import type { StepRunner } from '../run-steps.js'

/** Waits for every workload of the release; helm may return before old pods are gone. */
export const waitRollout: StepRunner = {
  async run(step, context) {
    if (step.type !== 'wait-rollout') return
    const deadline = context.ports.clock.now() + context.payload.timeoutMs
    const { done, statuses } = await awaitRollout(step.workloads, context, deadline)
    if (done) return
    const waiting = statuses.filter(({ rolloutStatus }) => rolloutStatus !== 'Current')
    const lines = waiting.map(({ workload, message }) => `${formatRef(workload)}: ${message}`)
    const after = context.interrupts.finishStep.aborted
      ? 'interrupted while waiting'
      : `not rolled out after ${context.payload.timeoutMs / 1000} s`
    throw new UpgradeError('StepFailed', `${after}: ${lines.join('; ')}`)
  },
  probe: async () => ({ state: 'not-done', message: 'looks again' }),
}
