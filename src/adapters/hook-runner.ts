import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { messageOf } from '../errors.js'
import type { HookCall, HookResult, HookRunner } from '../ports/hooks.js'

/** Between SIGTERM and SIGKILL. */
const graceMs = 5_000
/** What a hook leaves behind may keep its pipes open; nobody waits for that longer. */
const drainMs = 500
/** A line without end is told in pieces. */
const longestLine = 16 * 1024

/** Runs hooks by `/bin/sh -c`, or cmd on Windows, each as the leader of a process group of its own. */
export function hookRunner(
  env: NodeJS.ProcessEnv,
  options: { graceMs: number; platform: NodeJS.Platform } = { graceMs, platform: process.platform },
): HookRunner {
  const isWindows = options.platform === 'win32'
  return {
    run: (call, onLine, signal) =>
      new Promise((resolve) => {
        const lines = { last: '' }
        const ended = (result: Omit<HookResult, 'lastLine'>): void =>
          resolve({ ...result, lastLine: lines.last })
        if (signal.aborted) return ended({ ending: 'stopped', exitCode: null })
        let child: ChildProcess
        try {
          child = start(call, env, isWindows)
        } catch (error) {
          return ended({ ending: 'not-started', exitCode: null, reason: messageOf(error) })
        }
        const closed = Promise.all([
          tell(child.stdout, (line) => {
            if (line.trim() !== '') lines.last = line
            onLine(line)
          }),
          tell(child.stderr, onLine),
        ])
        const guard = watch(child, { ...options, isWindows, timeoutMs: call.timeoutMs, signal })
        child.on('error', (error) => {
          guard.release()
          ended({ ending: 'not-started', exitCode: null, reason: messageOf(error) })
        })
        child.on('exit', (exitCode) => {
          const rest = guard.groupEnds().then(() => Promise.race([closed, pause(drainMs)]))
          void rest.then(() => {
            guard.release()
            child.stdout?.destroy()
            child.stderr?.destroy()
            const ending = guard.endedBy() ?? (exitCode === null ? 'killed' : 'exited')
            ended({ ending, exitCode })
          })
        })
        // A hook need not read what it is told.
        child.stdin?.on('error', () => undefined)
        child.stdin?.end(call.input)
      }),
  }
}

function start({ command, environment }: HookCall, env: NodeJS.ProcessEnv, isWindows: boolean): ChildProcess {
  const options = { env: { ...env, ...environment }, stdio: 'pipe' } as const
  if (isWindows) {
    const words = ['/d', '/s', '/c', `"${command}"`]
    return spawn(env.ComSpec ?? 'cmd.exe', words, { ...options, windowsVerbatimArguments: true })
  }
  return spawn('/bin/sh', ['-c', command], { ...options, detached: true })
}

interface Guard {
  release(): void
  endedBy(): 'timed-out' | 'stopped' | undefined
  /** Where it was told to end: resolves when all that it started has. */
  groupEnds(): Promise<void>
}

interface WatchOptions {
  graceMs: number
  isWindows: boolean
  timeoutMs: number
  signal: AbortSignal
}

/** Ends the child, and all that it started, at its timeout, at the signal, and where our own process ends. */
function watch(child: ChildProcess, { graceMs: grace, isWindows, timeoutMs, signal }: WatchOptions): Guard {
  let endedBy: 'timed-out' | 'stopped' | undefined
  let killing: NodeJS.Timeout | undefined
  const send = (name: NodeJS.Signals | 0): boolean => sendSignal(child, name, isWindows)
  const end = (why: 'timed-out' | 'stopped'): void => {
    if (endedBy) return
    endedBy = why
    send('SIGTERM')
    killing = setTimeout(() => send('SIGKILL'), grace)
  }
  const onAbort = (): void => end('stopped')
  const onExit = (): void => void send('SIGTERM')
  const timer = setTimeout(() => end('timed-out'), timeoutMs)
  signal.addEventListener('abort', onAbort, { once: true })
  process.once('exit', onExit)
  return {
    release() {
      clearTimeout(timer)
      clearTimeout(killing)
      signal.removeEventListener('abort', onAbort)
      process.removeListener('exit', onExit)
    },
    endedBy: () => endedBy,
    async groupEnds() {
      while (endedBy && send(0)) await pause(50)
    },
  }
}

/** False where nothing is there any more. */
function sendSignal({ pid }: ChildProcess, name: NodeJS.Signals | 0, isWindows: boolean): boolean {
  if (pid === undefined) return false
  try {
    return process.kill(isWindows ? pid : -pid, name)
  } catch {
    return false
  }
}

/** Tells a stream line by line until it ends. */
function tell(stream: Readable | null, onLine: (line: string) => void): Promise<void> {
  if (!stream) return Promise.resolve()
  let pending = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = (pending + text).split(/\r?\n/)
    pending = lines.pop() ?? ''
    lines.forEach(onLine)
    if (pending.length < longestLine) return
    onLine(pending)
    pending = ''
  })
  return new Promise((resolve) => {
    stream.on('error', () => undefined)
    stream.once('close', () => {
      if (pending !== '') onLine(pending)
      resolve()
    })
  })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
