/**
 * `npm run bench [-- NAME…]`: each benchmark as a table of medians and ratios, and whether its limits hold.
 * Exits with 1 where one does not.
 */
import type { Limit, Race } from './benchmark.js'
import { describeMachine } from './machine.js'
import { measure, median, type Timing } from './measure.js'
import { benchmarks } from './registry.js'

interface Judged {
  text: string
  holds: boolean
}

function say(line = ''): void {
  process.stdout.write(`${line}\n`)
}

async function runRace(race: Race): Promise<Judged[]> {
  const timings = await measure(race.contenders, race.rounds)
  const width = Math.max(...timings.map(({ title }) => title.length))
  for (const { title, runs } of timings) {
    const [low, high] = [Math.min(...runs), Math.max(...runs)].map((ms) => ms.toFixed(0))
    say(
      `  ${title.padEnd(width)}  ${median(runs).toFixed(0).padStart(6)} ms  (${low}–${high}, ${runs.length} runs)`,
    )
  }
  for (const note of race.notes ?? []) say(`  ${note}`)
  const judged = race.limits.map((limit) => judge(limit, timings))
  for (const { text } of judged) say(`  ${text}`)
  return judged
}

function judge({ ours, theirs, most, plusMs = 0 }: Limit, timings: readonly Timing[]): Judged {
  const time = (wanted: string): number => median(timings.find(({ title }) => title === wanted)?.runs ?? [])
  const ratio = time(ours) / time(theirs)
  const holds = time(ours) <= most * time(theirs) + plusMs
  const plus = plusMs > 0 ? ` × plus ${plusMs / 1000} s` : ''
  const text = `${holds ? '✔' : '✖'} ${ours} = ${ratio.toFixed(2)} × ${theirs} (at most ${most.toFixed(1)}${plus})`
  return { text, holds }
}

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name))
  if (unknown.length > 0) {
    const known = benchmarks.map(({ name }) => name).join(', ')
    process.stderr.write(`no benchmark ${unknown.join(', ')}; there are: ${known}\n`)
    return 1
  }
  for (const line of await describeMachine()) say(line)
  const judged: Judged[] = []
  for (const benchmark of benchmarks) {
    if (names.length > 0 && !names.includes(benchmark.name)) continue
    say(`\n== ${benchmark.name}`)
    await benchmark.run(async (race) => void judged.push(...(await runRace(race))))
  }
  const held = judged.filter(({ holds }) => holds).length
  say(`\n${held} of ${judged.length} limits hold`)
  return held === judged.length ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
