/**
 * `kill -9` of our process at every boundary of its journal and at random moments of an upgrade of two hops, then
 * `resume` or `rollback`; and of the rollback of a whole one, then `resume`: `npm run proof -- kills
 * [--helm helm3|helm4] [--policies 300] [--random 15] [--every N] [--offset M] [--only WORDS] [--beds 2]`.
 * Beds side by side, each case on a fresh one.
 */
import { mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { JournalEntry } from '../../src/model/journal.js'
import type { ProofRow } from '../proof.js'
import {
  forgetPrepared,
  preparedMesh,
  restoredMesh,
  upgradeWords,
  type KillBed,
} from '../support/kill-at-bed.js'
import { judgeCase, type KillCase, type KillResult, type Wanted } from '../support/kill-at-case.js'
import { settledState } from '../support/kill-at-state.js'
import type { Helm } from '../support/mesh-on-bed.js'

interface Options {
  helms: Helm[]
  policies: number
  random: number
  every: number
  offset: number
  only: string
  beds: number
}

/** Runs all cases and tells each as a row; a table of place × end comes last. */
export async function killMatrix(say: (row: ProofRow) => void, words: readonly string[]): Promise<void> {
  const options = optionsOf(words)
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'mesh-upgrade-kills-'))
  try {
    for (const helm of options.helms) await matrixOf(helm, folder, options, say)
  } finally {
    forgetPrepared(folder)
  }
}

function optionsOf(words: readonly string[]): Options {
  const option = (name: string, otherwise: string): string => {
    const at = words.indexOf(name)
    return at < 0 ? otherwise : (words[at + 1] ?? otherwise)
  }
  const helm = option('--helm', '')
  return {
    helms: helm === '' ? ['helm3', 'helm4'] : [helm as Helm],
    policies: Number(option('--policies', '300')),
    random: Number(option('--random', '15')),
    every: Number(option('--every', '1')),
    offset: Number(option('--offset', '0')),
    only: option('--only', ''),
    beds: Number(option('--beds', '2')),
  }
}

async function matrixOf(
  helm: Helm,
  folder: string,
  options: Options,
  say: (row: ProofRow) => void,
): Promise<void> {
  const state = await preparedMesh(helm, options.policies, folder)
  const { wanted, upgrade, rollback } = await undisturbed(helm, state)
  const cases = [
    ...casesOf(helm, upgrade, ['resume', 'rollback'], options),
    ...casesOf(helm, rollback, ['resumed rollback'], options),
  ]
  for (const { entries, elapsedMs } of [upgrade, rollback])
    process.stdout.write(`${helm}: ${entries.length} journal lines in ${(elapsedMs / 1000).toFixed(1)} s\n`)
  process.stdout.write(`${cases.length} cases\n`)
  const results: KillResult[] = []
  const worker = async (): Promise<void> => {
    for (let next = cases.shift(); next; next = cases.shift()) {
      const result = await judgeCase(next, { helm, state, wanted })
      results.push(result)
      say(rowOf(result))
    }
  }
  await Promise.all(Array.from({ length: options.beds }, worker))
  process.stdout.write(tableOf(helm, results))
}

/** What a run, or its rollback, writes into the journal, and how long it takes. */
interface Course {
  entries: JournalEntry[]
  elapsedMs: number
}

/** A run that nobody disturbs, and its rollback; how it is before and between. */
async function undisturbed(
  helm: Helm,
  state: string,
): Promise<{ wanted: Wanted; upgrade: Course; rollback: Course }> {
  const bed = await restoredMesh(helm, state)
  try {
    const before = await settledState(bed.env, helm)
    const upgrade = await courseOf(bed, upgradeWords)
    const after = await settledState(bed.env, helm)
    const rollback = await courseOf(bed, ['rollback', '--yes'])
    rollback.entries.splice(0, upgrade.entries.length)
    return { wanted: { before, after }, upgrade, rollback }
  } finally {
    await bed.stop()
  }
}

async function courseOf(bed: KillBed, words: readonly string[]): Promise<Course> {
  const startedAt = performance.now()
  const ran = await bed.run(words)
  const elapsedMs = performance.now() - startedAt
  if (ran.exitCode !== 0) throw new Error(`undisturbed: ${ran.stdout}${ran.stderr}`)
  return { entries: bed.journal().map((line) => JSON.parse(line) as JournalEntry), elapsedMs }
}

function casesOf(
  helm: Helm,
  { entries, elapsedMs }: Course,
  ways: readonly KillCase['way'][],
  { every, offset, random, only }: Options,
): KillCase[] {
  const boundaries = entries.flatMap(({ number, part, stepId, phase }, index) =>
    (['before', 'after'] as const).map((when) => ({
      name: `${when} ${number} ${part} ${stepId} ${phase}`,
      place: 'boundary' as const,
      // Lines are counted by the process that writes them.
      point: { at: index + 1, when },
    })),
  )
  const moments = Array.from({ length: random }, () => {
    const ms = Math.round(Math.random() * elapsedMs)
    return { name: `random at ${ms} ms`, place: 'random' as const, point: ms }
  })
  const chosen = boundaries.filter((_, index) => index % every === offset % every)
  return [...chosen, ...moments]
    .flatMap((each) => ways.map((way) => ({ ...each, way, name: `${helm} ${each.name}: ${way}` })))
    .filter(({ name }) => name.includes(only))
}

function rowOf({ case: { name }, end, seconds, complaints, output }: KillResult): ProofRow {
  const passed = complaints.length === 0
  const details = `${end}, ${seconds.toFixed(0)} s ${complaints.join('\n    ')}`
  return { name, passed, details: passed ? details : `${details}\n${output}` }
}

const ways = ['resume', 'rollback', 'resumed rollback'] as const

function tableOf(helm: Helm, results: readonly KillResult[]): string {
  const lines = (['boundary', 'random'] as const).map((place) => {
    const counts = ways.map((way) => {
      const own = results.filter((each) => each.case.place === place && each.case.way === way)
      const right = own.filter(({ complaints }) => complaints.length === 0)
      return `${right.length} of ${own.length}`.padStart(20)
    })
    return `${`${helm} ${place}`.padEnd(18)}${counts.join('')}`
  })
  const head = ways.map((way) => `${way} ok`.padStart(20)).join('')
  return `\n${''.padEnd(18)}${head}\n${lines.join('\n')}\n\n`
}
