/** Ctrl-C and its kin: the first finishes the step at work, the second stops at once, the third waits for nothing. */
import type { Interrupts } from '../ports/interrupts.js'
import { elapsed } from '../report/progress.js'

const exitCodeOfSignal = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const
type Interrupt = keyof typeof exitCodeOfSignal

/** What is at work needs this long to end helm, to write its journal and to give the lock back. */
const stopWithinMs = 3_000

/** What the watcher needs of the process. */
export interface InterruptHost {
  onSignal(signal: Interrupt, listener: () => void): void
  say(text: string): void
  /** Ends the process. */
  exit(code: number, text: string): void
  /** Milliseconds of a clock that never jumps. */
  now(): number
  /** Calls back after so long, where the process still runs then. */
  later(ms: number, callback: () => void): void
}

export interface InterruptWatch extends Interrupts {
  /** From here on something changes, so that the first signal only asks for an end. */
  changesBegin(): void
  /** What is at work, and for how long at most. */
  stepStarts(title: string, timeoutMs?: number): void
  stepEnds(): void
  /** Exit code of the signal that came, if one came. */
  exitCode(): number | undefined
}

/** Watches for signals; before `changesBegin` any of them ends the process, since nothing was changed. */
export function watchInterrupts(host: InterruptHost): InterruptWatch {
  const [finishStep, stopNow] = [new AbortController(), new AbortController()]
  let changing = false
  let step: { title: string; endsAt?: number } | undefined
  let code: number | undefined

  const finish = (signal: Interrupt): void => {
    code = exitCodeOfSignal[signal]
    host.say(finishingText(signal, step, host.now()))
    finishStep.abort(new Error(`interrupted by ${signal}`))
  }
  const stop = (signal: Interrupt): void => {
    const exitCode = exitCodeOfSignal[signal]
    code = exitCode
    if (stopNow.signal.aborted) return host.exit(exitCode, stoppedText)
    host.say('stopping at once')
    stopNow.abort(new Error(`stopped by ${signal}`))
    host.later(stopWithinMs, () => host.exit(exitCode, stoppedText))
  }
  const onSignal = (signal: Interrupt): void => {
    if (!changing) return host.exit((code = exitCodeOfSignal[signal]), 'interrupted; nothing was changed')
    if (code === undefined) return finish(signal)
    // A closed terminal is told twice, by the shell and by the kernel: only Ctrl-C or kill repeated means at once.
    if (signal !== 'SIGHUP') stop(signal)
  }
  for (const signal of Object.keys(exitCodeOfSignal) as Interrupt[]) {
    host.onSignal(signal, () => onSignal(signal))
  }
  return {
    finishStep: finishStep.signal,
    stopNow: stopNow.signal,
    changesBegin: () => {
      changing = true
    },
    stepStarts: (title, timeoutMs) => {
      step = { title, ...(timeoutMs === undefined ? {} : { endsAt: host.now() + timeoutMs }) }
    },
    stepEnds: () => {
      step = undefined
    },
    exitCode: () => code,
  }
}

const stoppedText = 'stopped at once; status tells how things are, resume goes on from there'

function finishingText(
  signal: Interrupt,
  step: { title: string; endsAt?: number } | undefined,
  now: number,
): string {
  const again = signal === 'SIGINT' ? 'press Ctrl-C again to stop at once' : `${signal} again stops at once`
  const once = signal === 'SIGHUP' ? 'then stopping' : `then stopping; ${again}`
  if (!step) return `${signal}: ${once}`
  const left = step.endsAt === undefined ? 0 : step.endsAt - now
  return `${signal}: finishing the current step: ${step.title}${left > 0 ? ` (up to ${elapsed(left)} left)` : ''}, ${once}`
}
