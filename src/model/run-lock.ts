/** A process, named so exactly that its machine can tell later whether it still runs. */
export interface HolderProcess {
  host: string
  pid: number
  /** Of this boot of the machine; absent where the system does not tell. */
  bootId?: string
  /** Whose numbering the pid belongs to: containers of one machine have their own. */
  pidNamespace?: string
  /** In the system's own count: a pid is given out again. */
  startedAt?: string
}

/** `gone` is proved; whatever cannot be proved from here is `unknown`. */
export type ProcessState = 'alive' | 'gone' | 'unknown'

/** The lock of a release, as it is seen from here. Times are RFC 3339; absent where they cannot be read. */
export interface LockState {
  /** `user@host pid 123`. */
  holder: string
  runId?: string
  since?: string
  renewedAt?: string
  /** Unless it is renewed. */
  runsOutAt?: string
  /** By our clock, which need not be the holder's. */
  state: 'held' | 'expired'
  process: ProcessState
}
