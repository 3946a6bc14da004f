export type HelmChange = 'upgrade' | 'rollback'

/** A helm that a run started and whose end the run did not see. */
export interface LingeringHelm {
  kind: HelmChange
  /** `unknown` where it was started on another machine, or nothing tells one process from another. */
  state: 'alive' | 'gone' | 'unknown'
  /** Absent where we ended before we knew it and no such process is found. */
  pid?: number
  /** The kernel's word for when the process began: a pid alone may be somebody else's by now. */
  startTime?: string
  host: string
  /** RFC 3339. */
  startedAt: string
  /** When it would have been ended at the latest, had we lived; its own timeouts are shorter. */
  endsBy: string
  /** Its words, redacted. */
  command: string
  logFolder: string
}
