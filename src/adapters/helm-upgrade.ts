import { closeSync, fstatSync, openSync, readFileSync, readSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HelmUpgradeWords } from '../model/helm-upgrade.js'
import type { HelmOutcome, HelmUpgradeRequest } from '../ports/helm.js'
import type { HelmRunner } from './helm-run.js'
import { shellQuote } from '../model/shell-words.js'
import { helmWords } from './helm-words.js'

const pollEveryMs = 100

/** Words of the upgrade: the whole of the values by file, so that nothing of the last release slips in. */
export function upgradeWords(request: HelmUpgradeWords): string[] {
  const { releaseName, namespace, chartPath, valuesFile, timeoutMs, extraArguments } = request
  const [path = '', repo] = chartPath.split(' --repo ')
  const saysWait = extraArguments.some((word) => /^--wait(=|$)/.test(word))
  return [
    ...['upgrade', releaseName, path, '--namespace', namespace],
    ...(repo === undefined ? [] : ['--repo', repo]),
    ...['--reset-values', '--values', valuesFile, '--timeout', `${Math.ceil(timeoutMs / 1000)}s`],
    ...(saysWait ? [] : ['--wait']),
    ...extraArguments,
  ]
}

/** The command that a person could run: the chart by the name they know it by, and the cluster where it was named. */
export function upgradeCommand(request: HelmUpgradeWords, helm: HelmRunner): string {
  const isLocal = /^[./~]|\.(tgz|tar\.gz)$/.test(request.chartPath) || !/[/ ]/.test(request.chartPath)
  const version = isLocal && !request.chartPath.includes('://') ? [] : ['--version', request.chartVersion]
  return shellQuote([helm.binary, ...upgradeWords(request), ...version, ...helm.typedClusterFlags()])
}

/**
 * Runs `helm upgrade` as a child in a session of its own: Ctrl-C reaches only us, its output goes to files,
 * and it outlives us, so that a release is never left pending by our end. It is ended by SIGTERM only.
 */
export async function runUpgrade(
  request: HelmUpgradeRequest,
  onLine: (line: string) => void,
  signal: AbortSignal,
  helm: HelmRunner,
): Promise<HelmOutcome> {
  const files = logFiles(request.logFolder)
  const [out, err] = files.map((file) => openSync(file, 'a', 0o600)) as [number, number]
  // What an upgrade before wrote into the same files is not told again.
  const tails = files.map((file) => new FileTail(file, onLine))
  try {
    const child = helm.start([...upgradeWords(request), ...helm.clusterFlags()], {
      detached: true,
      stdio: ['ignore', out, err],
      windowsHide: true,
    })
    const ended = new Promise<number | null>((resolve, reject) => {
      child.on('error', (error) => reject(helm.unusable(error)))
      child.on('exit', (code) => resolve(code))
    })
    const end = (): boolean => child.kill('SIGTERM')
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    try {
      const stderr = await followOutput(tails, ended)
      const exitCode = await ended
      return { succeeded: exitCode === 0, exitCode, message: helmWords(stderr) }
    } finally {
      signal.removeEventListener('abort', end)
    }
  } finally {
    closeSync(out)
    closeSync(err)
  }
}

/** Hides secrets in what helm wrote (a chart's notes may print one), now that nobody appends to it any more. */
export function redactLogs(logFolder: string, redact: (text: string) => string): void {
  for (const file of logFiles(logFolder))
    writeFileSync(file, redact(readFileSync(file, 'utf8')), { mode: 0o600 })
}

function logFiles(logFolder: string): string[] {
  return ['helm-stdout.log', 'helm-stderr.log'].map((name) => join(logFolder, name))
}

/** Tells every line until helm has ended; answers with all that came by the last file. */
async function followOutput(tails: readonly FileTail[], ended: Promise<unknown>): Promise<string> {
  let running = true
  const end = ended.then(
    () => (running = false),
    () => (running = false),
  )
  while (running) {
    await Promise.race([end, sleep(pollEveryMs, undefined, { ref: false })])
    for (const tail of tails) tail.read()
  }
  for (const tail of tails) tail.finish()
  return tails.at(-1)?.text ?? ''
}

/** Reads what is appended to a file from now on, line by line. */
class FileTail {
  text = ''
  private told = 0
  private position: number
  private readonly file: number
  private pending: Buffer = Buffer.alloc(0)

  constructor(
    path: string,
    private readonly onLine: (line: string) => void,
  ) {
    this.file = openSync(path, 'r')
    this.position = fstatSync(this.file).size
  }

  read(): void {
    const buffer = Buffer.alloc(64 * 1024)
    for (;;) {
      const size = readSync(this.file, buffer, 0, buffer.length, this.position)
      if (size === 0) return
      this.position += size
      this.take(Buffer.concat([this.pending, buffer.subarray(0, size)]))
    }
  }

  finish(): void {
    this.read()
    if (this.pending.length > 0) this.take(Buffer.concat([this.pending, Buffer.from('\n')]))
    closeSync(this.file)
  }

  /** Only whole lines become text: a character may be cut in two. */
  private take(bytes: Buffer): void {
    const end = bytes.lastIndexOf(10) + 1
    this.pending = Buffer.from(bytes.subarray(end))
    this.text += bytes.subarray(0, end).toString('utf8')
    const lines = this.text.slice(this.told).split('\n').slice(0, -1)
    this.told = this.text.length
    for (const line of lines) this.onLine(line)
  }
}
