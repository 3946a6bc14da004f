/** A command of the user's, as it is to run. */
export interface HookCall {
  /** For a shell. */
  command: string
  /** Besides our own environment; undefined takes a variable away. */
  environment: Record<string, string | undefined>
  /** For its stdin. */
  input: string
  timeoutMs: number
}

export interface HookResult {
  /**
   * `timed-out` and `stopped` (by the signal): ended by us; `killed`: by somebody else; `not-started`: there is
   * no shell.
   */
  ending: 'exited' | 'timed-out' | 'stopped' | 'killed' | 'not-started'
  exitCode: number | null
  /** Last line on stdout that is not empty. */
  lastLine: string
  /** Why, where it was not started. */
  reason?: string
}

/** Runs hooks by a shell, with the rights of the user. */
export interface HookRunner {
  /**
   * Runs one to its end, each line of its output going to `onLine`. At its timeout, and when `signal` is aborted,
   * it and all that it started get SIGTERM, and SIGKILL 5 s later. Never throws.
   */
  run(call: HookCall, onLine: (line: string) => void, signal: AbortSignal): Promise<HookResult>
}
