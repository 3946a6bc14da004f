import { messageOf, UpgradeError } from '../errors.js'
import type { RunFailure } from '../model/outcome.js'
import type { Step } from '../model/step.js'
import { journalLine, type RunContext } from './run-context.js'
import type { PartHooks } from './run-hooks.js'

/** Whether a step's work is done already, told from the cluster and the backup alone. */
export type StepProbe = { state: 'done' | 'not-done'; message: string }

/** How one type of step is done. */
export interface StepRunner {
  /** Does it; can be run twice. Throws with the server's or helm's own words where it fails. */
  run(step: Step, context: RunContext): Promise<void>
  /** Asked when a run is resumed. Throws where it cannot be told, and where going on would harm. */
  probe(step: Step, context: RunContext): Promise<StepProbe>
}

export type StepRunners = { [type in Step['type']]: StepRunner }

export interface RunResult {
  doneSteps: string[]
  failure?: Omit<RunFailure, 'nextCommands'>
}

/**
 * Runs the steps in order, each with a journal entry (on disk) before and after it. The first failure
 * ends the run; an interruption ends it between two steps.
 */
export function runSteps(runners: StepRunners, context: RunContext): Promise<RunResult> {
  return inOrder(context, (step, within, state) => perform(step, runners, within, state))
}

/** The same for steps that an earlier process may have done: what is true in the cluster decides. */
export function resumeSteps(runners: StepRunners, context: RunContext): Promise<RunResult> {
  return inOrder(context, async (step, within, state) => {
    state.changed ||= step.mutates
    const { state: found, message } = await runners[step.type].probe(step, within)
    if (found === 'not-done') return perform(step, runners, within, state)
    await context.store.appendJournal(journalLine(context, { stepId: step.id, phase: 'skipped', message }))
    context.ports.progress({ type: 'note', message: `done already: ${step.title} (${message})` })
  })
}

interface StepsState {
  changed: boolean
  /** Ids of the steps whose own work was begun. */
  begun: string[]
}

async function inOrder(
  outer: RunContext,
  work: (step: Step, context: RunContext, state: StepsState) => Promise<void>,
): Promise<RunResult> {
  const { steps, ports } = outer
  const doneSteps: string[] = []
  const state: StepsState = { changed: false, begun: [] }
  for (const [index, step] of steps.entries()) {
    const context = isHalfway(steps, index) ? heedless(outer) : outer
    if (context.interrupts.finishStep.aborted) {
      const failure = { step: step.title, stepId: step.id, message: 'interrupted before this step' }
      return { doneSteps, failure: { ...failure, changed: state.changed } }
    }
    const at = { index: index + 1, total: steps.length, title: step.title }
    ports.progress({ type: 'step-started', ...at, ...atMost(step, outer) })
    const startedAt = ports.clock.now()
    try {
      await context.begin(step)
      await work(step, context, state)
    } catch (error) {
      const failure = await recordFailure(step, error, state.changed, context)
      if (state.begun.includes(step.id)) await hookAfterFailure(step, failure.message, context)
      return { doneSteps, failure }
    }
    doneSteps.push(step.id)
    ports.progress({ type: 'step-done', title: step.title, elapsedMs: ports.clock.now() - startedAt })
    try {
      const after = isHalfway(steps, index + 1) ? heedless(outer) : outer
      if (state.begun.includes(step.id)) await after.hooks?.('after-step', { step, outcome: 'succeeded' })
    } catch (error) {
      // The step itself is done: a resumed run goes on after it.
      const failure = { step: `after: ${step.title}`, message: ports.redact(messageOf(error)) }
      return { doneSteps, failure: { ...failure, changed: state.changed } }
    }
  }
  return { doneSteps }
}

/** How long a step that cannot be stopped halfway may take. */
function atMost({ type }: Step, { payload }: RunContext): { timeoutMs?: number } {
  const isHelm = type === 'upgrade-release' || type === 'rollback-release'
  return isHelm ? { timeoutMs: payload.timeoutMs } : {}
}

/** The step's failure is what counts, whatever the hook says. */
async function hookAfterFailure(step: Step, message: string, context: RunContext): Promise<void> {
  const outcome = context.interrupts.finishStep.aborted ? 'interrupted' : 'failed'
  await context.hooks?.('after-step', { step, outcome, message }).catch((error: unknown) => {
    context.ports.progress({ type: 'note', message: context.ports.redact(messageOf(error)) })
  })
}

/** What deletes, and what makes again what it deleted. */
const apart: readonly [Step['type'], readonly Step['type'][]][] = [
  ['delete-crds', ['restore-resources']],
  ['recreate-objects', ['upgrade-release', 'rollback-release']],
]

/** True between a deletion and the return of what was deleted: no place to stop at. */
function isHalfway(steps: readonly Step[], index: number): boolean {
  return apart.some(
    ([deleting, making]) =>
      steps.slice(0, index).some(({ type }) => type === deleting) &&
      steps.slice(index).some(({ type }) => making.includes(type)),
  )
}

/** A context in which an interruption waits until all is back. */
function heedless(context: RunContext): RunContext {
  const { signal: finishStep } = new AbortController()
  const { hooks, ports } = context
  const patient: PartHooks = async (event, moment) => {
    await hooks?.(event, { ...moment, mayNotStop: true }).catch((error: unknown) => {
      const message = ports.redact(messageOf(error))
      ports.progress({ type: 'note', message: `${message}\nit goes on: objects are away` })
    })
  }
  return { ...context, hooks: patient, interrupts: { ...context.interrupts, finishStep } }
}

async function perform(
  step: Step,
  runners: StepRunners,
  context: RunContext,
  state: StepsState,
): Promise<void> {
  const note = (phase: 'started' | 'succeeded'): Promise<void> =>
    context.store.appendJournal(journalLine(context, { stepId: step.id, phase, message: step.title }))
  await context.hooks?.('before-step', { step })
  state.changed ||= step.mutates
  state.begun.push(step.id)
  if (step.mutates) await context.assertHeld()
  await note('started')
  await runners[step.type].run(step, context)
  await note('succeeded')
}

async function recordFailure(
  step: Step,
  error: unknown,
  changed: boolean,
  context: RunContext,
): Promise<Omit<RunFailure, 'nextCommands'>> {
  const message = context.ports.redact(messageOf(error))
  const phase = context.interrupts.finishStep.aborted ? 'interrupted' : 'failed'
  // The failure is what the person must hear of, even where the disk takes no more journal.
  await context.store
    .appendJournal(journalLine(context, { stepId: step.id, phase, message }))
    .catch(() => undefined)
  context.ports.progress({ type: 'step-failed', title: step.title, message })
  const remedy = error instanceof UpgradeError && error.code !== 'StepFailed' ? { remedy: error.remedy } : {}
  return { step: step.title, stepId: step.id, message, ...remedy, changed }
}
