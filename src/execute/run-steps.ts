import { messageOf, UpgradeError } from '../errors.js'
import type { RunFailure } from '../model/outcome.js'
import type { Step } from '../model/step.js'
import { journalEntry, type RunContext } from './run-context.js'

/** Does one step; throws with the server's or helm's own words where it fails. */
export type StepRunner = (step: Step, context: RunContext) => Promise<void>

export type StepRunners = { [type in Step['type']]: StepRunner }

export interface RunResult {
  doneSteps: string[]
  failure?: Omit<RunFailure, 'nextCommands'>
}

/**
 * Runs the steps in order, each with a journal entry (on disk) before and after it. The first failure
 * ends the run; an interruption ends it between two steps.
 */
export async function runSteps(
  steps: readonly Step[],
  runners: StepRunners,
  context: RunContext,
): Promise<RunResult> {
  const doneSteps: string[] = []
  let changed = false
  for (const [index, step] of steps.entries()) {
    if (context.signal.aborted) {
      return { doneSteps, failure: { step: step.title, message: 'interrupted before this step', changed } }
    }
    context.ports.progress({ type: 'step-started', index: index + 1, total: steps.length, title: step.title })
    const startedAt = context.ports.clock.now()
    try {
      await context.store.appendJournal(
        journalEntry(context, { stepId: step.id, phase: 'started', message: step.title }),
      )
      changed ||= step.mutates
      await runners[step.type](step, context)
      await context.store.appendJournal(
        journalEntry(context, { stepId: step.id, phase: 'succeeded', message: step.title }),
      )
    } catch (error) {
      return { doneSteps, failure: await recordFailure(step, error, changed, context) }
    }
    doneSteps.push(step.title)
    context.ports.progress({
      type: 'step-done',
      title: step.title,
      elapsedMs: context.ports.clock.now() - startedAt,
    })
  }
  return { doneSteps }
}

async function recordFailure(
  step: Step,
  error: unknown,
  changed: boolean,
  context: RunContext,
): Promise<Omit<RunFailure, 'nextCommands'>> {
  const message = context.ports.redact(messageOf(error))
  const phase = context.signal.aborted ? 'interrupted' : 'failed'
  // The failure is what the person must hear of, even where the disk takes no more journal.
  await context.store
    .appendJournal(journalEntry(context, { stepId: step.id, phase, message }))
    .catch(() => undefined)
  context.ports.progress({ type: 'step-failed', title: step.title, message })
  const remedy = error instanceof UpgradeError && error.code !== 'StepFailed' ? { remedy: error.remedy } : {}
  return { step: step.title, message, ...remedy, changed }
}
