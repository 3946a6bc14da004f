/** Ctrl-C and its kin: the first ends the work in good order, the second at once. */

const exitCodeOfSignal = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const
type Interrupt = keyof typeof exitCodeOfSignal

/** What the watcher needs of the process. */
export interface InterruptHost {
  onSignal(signal: Interrupt, listener: () => void): void
  say(text: string): void
  /** Ends the process. */
  exit(code: number, text: string): void
}

export interface Interrupts {
  readonly signal: AbortSignal
  /** From here on something changes, so that the first signal only asks for an end. */
  changesBegin(): void
  /** Exit code of the signal that came, if one came. */
  exitCode(): number | undefined
}

/** Watches for signals; before `changesBegin` any of them ends the process, since nothing was changed. */
export function watchInterrupts(host: InterruptHost): Interrupts {
  const controller = new AbortController()
  let changing = false
  let code: number | undefined
  const onSignal = (signal: Interrupt): void => {
    // A closed terminal is told twice, by the shell and by the kernel: only Ctrl-C or kill repeated means at once.
    const again = code !== undefined && signal !== 'SIGHUP'
    code = exitCodeOfSignal[signal]
    if (!changing) host.exit(code, 'interrupted; nothing was changed')
    else if (again) host.exit(code, 'stopped at once; status and verify tell how things are')
    else {
      host.say(`${signal}: finishing what must be finished, then stopping; once more stops at once`)
      controller.abort(new Error(`interrupted by ${signal}`))
    }
  }
  for (const signal of Object.keys(exitCodeOfSignal) as Interrupt[]) {
    host.onSignal(signal, () => onSignal(signal))
  }
  return {
    signal: controller.signal,
    changesBegin: () => {
      changing = true
    },
    exitCode: () => code,
  }
}
