import type { Clock } from '../ports/outside.js'

/** How a trouble and its end are worded. */
export interface OutageWords {
  lost: (why: string) => string
  back: string
}

export interface FailedTry {
  tries: number
  since: number
  deadline: number
}

/**
 * Tells once that something fails and until when it is tried again, and once that it works again. A single
 * failure that the next try mends is not worth a line.
 */
export class OutageNotes {
  private since: number | undefined
  private told = false

  constructor(
    private readonly words: OutageWords,
    private readonly tell: (message: string) => void,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /** A try failed; `tries` of its call did, the last since `since`, and it will be given up at `deadline`. */
  failed(why: string, { tries, since, deadline }: FailedTry): void {
    const now = this.clock.now()
    this.since ??= since
    // Silence has lasted long enough already.
    if (this.told || (tries < 2 && why !== 'ETIMEDOUT')) return
    this.told = true
    const left = Math.max(0, Math.round((deadline - now) / 1000))
    this.tell(`${this.words.lost(why)}; trying again, giving up at ${timeOfDay(deadline)} (in ${left} s)`)
  }

  /** It works. */
  over(): void {
    const { since, told } = this
    this.forget()
    if (since === undefined || !told) return
    this.tell(`${this.words.back} after ${Math.round((this.clock.now() - since) / 1000)} s`)
  }

  /** It was given up; whoever asks next begins anew. */
  forget(): void {
    this.since = undefined
    this.told = false
  }
}

function timeOfDay(ms: number): string {
  return new Date(ms).toTimeString().slice(0, 8)
}
