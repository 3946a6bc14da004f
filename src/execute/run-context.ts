import type { PlanPayload } from '../model/prepared.js'
import { journalApiVersion, type JournalEntry } from '../model/journal.js'
import type { Diagnosis } from '../model/rollout.js'
import type { UpgradePlan } from '../model/plan.js'
import type { WritePorts } from '../ports/ports.js'
import type { RunStore } from '../ports/run-store.js'

/** Everything a step may use. */
export interface RunContext {
  plan: UpgradePlan
  payload: PlanPayload
  ports: WritePorts
  store: RunStore
  /** Aborted when the person interrupts. */
  signal: AbortSignal
  /** What keeps the rollout from finishing, asked when a wait stalls. */
  diagnose: () => Promise<Diagnosis>
}

/** One journal line of this run, with the time of the clock port. */
export function journalEntry(
  context: Pick<RunContext, 'store' | 'ports'>,
  line: Pick<JournalEntry, 'stepId' | 'phase' | 'message' | 'evidence'>,
): JournalEntry {
  return {
    apiVersion: journalApiVersion,
    runId: context.store.location.runId,
    at: new Date(context.ports.clock.now()).toISOString(),
    ...line,
    message: context.ports.redact(line.message),
  }
}
