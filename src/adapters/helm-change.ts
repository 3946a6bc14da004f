import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HelmChange } from '../model/lingering-helm.js'
import { shellQuote } from '../model/shell-words.js'
import type { HelmChangeOptions, HelmOutcome } from '../ports/helm.js'
import { FileTail } from './file-tail.js'
import { childVariable, recordChild, recordEnd, recordIntent } from './helm-child.js'
import { outcomeOf, type ChildEnd } from './helm-outcome.js'
import type { HelmRunner } from './helm-run.js'

const pollEveryMs = 100
/** SIGTERM ends helm within 50 ms; what takes longer than this does not listen. */
export const endingGraceMs = 30_000

/** A helm that is to change a release. */
export interface ChangeRequest extends HelmChangeOptions {
  kind: HelmChange
  releaseName: string
  /** Without the flags that name the cluster. */
  words: string[]
  timeoutMs: number
}

export interface ChangeTools {
  helm: HelmRunner
  redact: (text: string) => string
  /** How long SIGTERM is given. */
  graceMs: number
}

/**
 * Runs helm as a child in a session of its own: Ctrl-C reaches only us, its output goes to files, and it
 * outlives us, so that a release is never left pending by our end. Before it is started a record says so on
 * disk. It is ended by SIGTERM only.
 */
export async function runChange(
  request: ChangeRequest,
  onLine: (line: string) => void,
  signal: AbortSignal,
  tools: ChangeTools,
): Promise<HelmOutcome> {
  if (signal.aborted) {
    return { ...notStarted, message: 'interrupted before helm was started' }
  }
  const { logFolder, endAfterMs = 3 * request.timeoutMs + 60_000 } = request
  const files = logFiles(logFolder)
  const opened = files.map((file) => openSync(file, 'a', 0o600))
  // What a helm before wrote into the same files is not told again.
  const tails = files.map((file) => new FileTail(file, onLine))
  try {
    const child = startChild({ ...request, endAfterMs }, opened, tools)
    const end = await follow(child, { tails, signal, endAfterMs, graceMs: tools.graceMs })
    if (!end.isRunning) recordEnd(logFolder, child.record, { exitCode: end.code, signal: end.signal })
    return outcomeOf(end, tails.at(-1)?.lastText ?? '', { ...request, pid: child.process.pid })
  } finally {
    opened.forEach(closeSync)
  }
}

const notStarted = { succeeded: false, exitCode: null, ending: 'terminated' } as const

/** Where helm's output goes. */
export function logFiles(logFolder: string): string[] {
  return ['helm-stdout.log', 'helm-stderr.log'].map((name) => join(logFolder, name))
}

interface Child {
  process: ChildProcess
  record: ReturnType<typeof recordIntent>
  /** Rejects where it could not be started. */
  ended: Promise<[code: number | null, signal: NodeJS.Signals | null]>
}

function startChild(
  { kind, releaseName, words, logFolder, endAfterMs }: ChangeRequest & { endAfterMs: number },
  [out, err]: number[],
  { helm, redact }: ChangeTools,
): Child {
  const all = [...words, ...helm.clusterFlags()]
  const command = redact(shellQuote([helm.binary, ...all]))
  const intent = recordIntent(logFolder, { kind, command, words: [kind, releaseName], endAfterMs })
  const child = helm.start(all, {
    detached: true,
    stdio: ['ignore', out, err],
    windowsHide: true,
    env: helm.environment(childVariable(logFolder)),
  })
  const ended: Child['ended'] = new Promise((resolve, reject) => {
    child.on('error', (error) => {
      // Only what was never started has no pid; a failing kill is no end.
      if (child.pid !== undefined) return
      recordEnd(logFolder, intent, { exitCode: null })
      reject(helm.unusable(error))
    })
    child.on('exit', (code, signal) => resolve([code, signal]))
  })
  const record = child.pid === undefined ? intent : recordChild(logFolder, intent, child.pid)
  return { process: child, record, ended }
}

interface Following {
  tails: readonly FileTail[]
  signal: AbortSignal
  endAfterMs: number
  graceMs: number
}

/** Tells every line until helm has ended, and sees to it that it does. */
async function follow(child: Child, { tails, signal, endAfterMs, graceMs }: Following): Promise<ChildEnd> {
  const startedAt = performance.now()
  let askedToEndAt: number | undefined
  let isLate = false
  let end: Awaited<Child['ended']> | undefined
  const terminate = (): void => {
    if (askedToEndAt !== undefined) return
    askedToEndAt = performance.now()
    child.process.kill('SIGTERM')
  }
  const settled = child.ended.then((result) => void (end = result))
  signal.addEventListener('abort', terminate, { once: true })
  try {
    while (end === undefined) {
      await Promise.race([settled, sleep(pollEveryMs, undefined, { ref: false })])
      for (const tail of tails) tail.read()
      if (askedToEndAt === undefined && performance.now() - startedAt > endAfterMs) {
        isLate = true
        terminate()
      }
      if (askedToEndAt !== undefined && performance.now() - askedToEndAt > graceMs) break
    }
  } finally {
    signal.removeEventListener('abort', terminate)
    for (const tail of tails) tail.finish()
  }
  const asked = { wasAsked: askedToEndAt !== undefined, ...(isLate ? { lateAfterMs: endAfterMs } : {}) }
  if (end) return { isRunning: false, code: end[0], signal: end[1], ...asked }
  child.process.unref()
  return { isRunning: true, code: null, signal: null, ...asked }
}
