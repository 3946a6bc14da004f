export const journalApiVersion = 'mesh-upgrade.dev/v1alpha1'

/** One line of a run's journal. The first has `stepId` `run` and names run and plan. */
export interface JournalEntry {
  apiVersion: typeof journalApiVersion
  runId: string
  /** RFC 3339. */
  at: string
  stepId: string
  phase: 'started' | 'progress' | 'succeeded' | 'failed' | 'interrupted'
  message: string
  evidence?: Record<string, unknown>
}
