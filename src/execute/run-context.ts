import type { JournalLine, RunPart } from '../model/journal.js'
import type { PlanPayload } from '../model/prepared.js'
import type { Diagnosis } from '../model/rollout.js'
import type { Step } from '../model/step.js'
import type { Interrupts } from '../ports/interrupts.js'
import type { WritePorts } from '../ports/ports.js'
import type { HopStore, RunStore } from '../ports/run-store.js'
import type { PartHooks } from './run-hooks.js'

/** Everything a step may use. */
export interface RunContext {
  part: RunPart
  /** Which hop it is about, from 1. */
  hop: number
  /** The steps of this part. */
  steps: readonly Step[]
  payload: PlanPayload
  ports: WritePorts
  store: RunStore
  /** What the run keeps of the hop that the steps are about. */
  files: HopStore
  interrupts: Interrupts
  /** Commands of the user before and after steps. */
  hooks?: PartHooks
  /** Shows outside that a step begins. */
  begin: (step: Step) => Promise<void>
  /** Throws `LockLost` where another run has taken over; asked before every step that changes something. */
  assertHeld: () => Promise<void>
  /** What keeps the rollout from finishing, asked when a wait stalls. */
  diagnose: () => Promise<Diagnosis>
}

/** One journal line of this run, with the time of the clock port. */
export function journalLine(
  context: Pick<RunContext, 'store' | 'ports' | 'part'>,
  line: Pick<JournalLine, 'stepId' | 'phase' | 'message' | 'evidence'>,
): JournalLine {
  return {
    runId: context.store.location.runId,
    at: new Date(context.ports.clock.now()).toISOString(),
    part: context.part,
    ...line,
    message: context.ports.redact(line.message),
  }
}

/** Notes in the journal what a step is about to do; on disk before it is done. */
export function journalProgress(
  context: RunContext,
  step: Step,
  message: string,
  evidence?: Record<string, unknown>,
): Promise<void> {
  const line = { stepId: step.id, phase: 'progress', message, ...(evidence ? { evidence } : {}) } as const
  return context.store.appendJournal(journalLine(context, line))
}
