/** How a person stops a run. */
export interface Interrupts {
  /** Aborted by the first Ctrl-C: the step that runs is finished. */
  finishStep: AbortSignal
  /** Aborted by the second: what runs is ended, in a known state. */
  stopNow: AbortSignal
}
