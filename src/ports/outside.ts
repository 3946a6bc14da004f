import type { ProgressEvent } from '../model/progress.js'
import type { CrdManifest } from '../model/chart.js'
import type { HolderProcess, ProcessState } from '../model/run-lock.js'

/** The person at the terminal. */
export interface Prompter {
  /** False where nobody can answer: no terminal. */
  readonly canAsk: boolean
  /** Asks a yes/no question; only `y` or `yes` is true. */
  confirm(question: string): Promise<boolean>
}

/** Time, ids and waiting, passed in so that stages can be tested. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** An id for a run: sortable by time, unique. */
  newRunId(): string
  /** `user@host pid 123`: who holds the lock. */
  holder(): string
}

/** Processes of this machine: whether the holder of a lock still runs. */
export interface Processes {
  self(): HolderProcess
  /** `gone` only where that is proved; of another machine nothing can be. */
  stateOf(process: HolderProcess): ProcessState
}

/** Receives progress; must return at once. */
export type ProgressSink = (event: ProgressEvent) => void

/** Texts and manifests from outside: release notes, CRD folders. */
export interface TextReader {
  /** Reads a file or URL. Throws `TextUnreadable`; within `timeoutMs` for URLs. */
  readText(location: string, timeoutMs: number): Promise<string>
  /** CRDs from a folder, a file or a URL. Throws `TextUnreadable`. */
  readCrds(location: string): Promise<CrdManifest[]>
  /** Files of a folder of release notes, or the file itself. */
  listNotes(location: string): Promise<string[]>
}
