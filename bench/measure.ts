/** Times programs against one another: in turns, so that what else the machine does falls on all alike. */
import { spawn } from 'node:child_process'
import { performance } from 'node:perf_hooks'

/** A program that is started and waited for. */
export interface Contender {
  title: string
  command: string
  words: readonly string[]
  env?: Record<string, string>
}

export interface Timing {
  title: string
  /** Milliseconds from start to end, of every run that counts. */
  runs: number[]
}

export interface Rounds {
  /** Runs of each that count. */
  counted: number
  /** Runs of each before, which do not. */
  warmUp: number
}

/** Runs the contenders A B A B …; a run that fails ends the benchmark. */
export async function measure(contenders: readonly Contender[], rounds: Rounds): Promise<Timing[]> {
  const timings = contenders.map(({ title }): Timing => ({ title, runs: [] }))
  for (let round = -rounds.warmUp; round < rounds.counted; round++) {
    for (const [index, contender] of contenders.entries()) {
      const ms = await timeOnce(contender)
      if (round >= 0) timings[index]?.runs.push(ms)
    }
  }
  return timings
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = Math.floor(sorted.length / 2)
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle] ?? 0, sorted[middle] ?? 0]
  return (low + high) / 2
}

function timeOnce({ title, command, words, env = {} }: Contender): Promise<number> {
  // Extra certificates are read at every start of node, which says nothing of the program.
  const { NODE_EXTRA_CA_CERTS: _certificates, ...clean } = process.env
  return new Promise((resolve, reject) => {
    const startedAt = performance.now()
    const child = spawn(command, words, { env: { ...clean, ...env }, stdio: ['ignore', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('error', reject)
    child.on('close', (exitCode) => {
      if (exitCode === 0) resolve(performance.now() - startedAt)
      else reject(new Error(`${title}: exit ${String(exitCode)}\n${stderr}`))
    })
  })
}
