import { spawn } from 'node:child_process'

export interface Ran {
  exitCode: number | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  env?: Record<string, string>
  input?: string
  cwd?: string
  timeoutMs?: number
  /** Sees what is written on stderr as it comes. */
  onStderr?: (text: string) => void
}

/** Runs a program to its end and gives what it wrote; a failure is a result. */
export function runProgram(
  command: string,
  words: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const { env = {}, input, cwd, timeoutMs = 120_000, onStderr } = options
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, {
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: timeoutMs,
    })
    const ran: Ran = { exitCode: null, stdout: '', stderr: '' }
    // A character may be cut by the end of a chunk: the streams decode, not we.
    child.stdout.setEncoding('utf8').on('data', (text: string) => (ran.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      ran.stderr += text
      onStderr?.(text)
    })
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ ...ran, exitCode }))
    child.stdin.on('error', () => undefined)
    child.stdin.end(input ?? '')
  })
}

/** Like `runProgram`, but throws with everything that was written where it fails. */
export async function mustRun(
  command: string,
  words: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const ran = await runProgram(command, words, options)
  if (ran.exitCode !== 0) {
    throw new Error(`${command} ${words.join(' ')}: exit ${String(ran.exitCode)}\n${ran.stdout}${ran.stderr}`)
  }
  return ran.stdout
}
