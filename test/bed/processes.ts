/**
 * The processes of one bed. A watchdog outlives their owner by a moment and leaves nothing behind, so no exit
 * or signal handler is needed here: normal exit, exception, Ctrl-C and SIGKILL all close the watchdog's stdin.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

export interface Processes {
  /** Starts a program with its output in `processes/<name>.log` of the bed's folder; returns its pid. */
  start(name: string, file: string, args: string[]): number
  /** Throws, with the end of its output, when a started program has ended by itself. */
  assertRunning: () => void
  /** Ends every program, removes the bed's folder, and waits until both have happened. */
  stop: () => Promise<void>
}

const watchdogScript = fileURLToPath(new URL('watchdog.sh', import.meta.url))

/**
 * Starts the watchdog for the bed in `dir`; `alsoRemove` names files that go with the bed.
 */
export function watchProcesses(dir: string, alsoRemove: string[] = []): Processes {
  const watchdog = spawn('sh', [watchdogScript, dir, ...alsoRemove], {
    cwd: '/',
    // A session of its own, or Ctrl-C in a terminal would reach it too.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  release(watchdog)
  const children: ChildProcess[] = []
  const ended = new Map<string, string>()
  const logFolder = join(dir, 'processes')
  mkdirSync(logFolder, { recursive: true })

  function start(name: string, file: string, args: string[]): number {
    const log = join(logFolder, `${name}.log`)
    const child = spawnLogged(log, file, { args, cwd: dir })
    const pid = child.pid
    if (pid === undefined) throw new Error(`${name} cannot be started: ${file}`)
    watchdog.stdin.write(`+${pid}\n`)
    child.once('exit', (code, signal) => {
      // Its pid may be given to another program.
      if (watchdog.stdin.writable) watchdog.stdin.write(`-${pid}\n`)
      ended.set(name, `${name} ended with ${signal ?? `exit code ${code}`}:\n${lastLines(log)}`)
    })
    children.push(child)
    return pid
  }

  function assertRunning(): void {
    for (const message of ended.values()) throw new Error(message)
  }

  async function stop(): Promise<void> {
    const endings = [watchdog, ...children].map(waitForExit)
    watchdog.stdin.end()
    await Promise.all(endings)
  }

  return { start, assertRunning, stop }
}

function spawnLogged(
  log: string,
  file: string,
  { args, cwd }: { args: string[]; cwd: string },
): ChildProcess {
  const output = openSync(log, 'a')
  const { PATH, GOMAXPROCS } = process.env
  const env = { PATH, HOME: cwd, TMPDIR: cwd, ...(GOMAXPROCS === undefined ? {} : { GOMAXPROCS }) }
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', output, output] })
  closeSync(output)
  child.on('error', () => undefined)
  child.unref()
  return child
}

/** An owner that forgets to stop its bed must still be able to end. */
function release(watchdog: ChildProcess): void {
  watchdog.unref()
  const pipe = watchdog.stdin as Socket
  pipe.unref()
  pipe.on('error', () => undefined)
}

async function waitForExit(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.ref()
  await once(child, 'exit')
}

/** Nothing when the log has gone with the bed. */
function lastLines(log: string): string {
  try {
    return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-5).join('\n')
  } catch {
    return ''
  }
}
