/**
 * Two runs of the same upgrade that begin at the same moment, on one machine and on two in turn: exactly one works,
 * the other exits 5 and names it. `npm run proof -- races [--rounds 50] [--helm helm3]`.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ProofRow } from '../proof.js'
import { startBed, type Bed } from '../bed/start.js'
import {
  installFaultyRelease,
  removeFaultyRelease,
  wrongAfterUpgrade,
  type FaultyRelease,
} from '../support/faulty-release.js'
import { openGate, otherHost, waitEnv } from '../support/kill-at-bed.js'
import { runProgram, type Ran } from '../support/run-program.js'

const program = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

/** Runs all rounds on one bed, each on a release of its own. */
export async function raceProof(say: (row: ProofRow) => void, words: readonly string[]): Promise<void> {
  const option = (name: string, otherwise: string): string => {
    const at = words.indexOf(name)
    return at < 0 ? otherwise : (words[at + 1] ?? otherwise)
  }
  const bed = await startBed({ name: 'races' })
  try {
    for (let round = 1; round <= Number(option('--rounds', '50')); round++) {
      const release = await installFaultyRelease(bed, option('--helm', 'helm3'), round)
      say(await race(bed, release, round))
      await removeFaultyRelease(release)
    }
  } finally {
    await bed.stop()
  }
}

async function race(bed: Bed, release: FaultyRelease, round: number): Promise<ProofRow> {
  const gate = join(bed.dir, `gate-${round}`)
  const elsewhere = round % 2 === 0 ? otherHost('machine-b') : {}
  const both = [{}, elsewhere].map((more) => upgrade(bed, release, { ...waitEnv(gate), ...more }))
  await openGate(gate, both.length)
  const [first, second] = (await Promise.all(both)).sort((a, b) => Number(a.exitCode) - Number(b.exitCode))
  const codes = `${String(first?.exitCode)} and ${String(second?.exitCode)}`
  const names = /another run works on \S+:\s+\S+@\S+\s+pid\s+\d+/.test(second?.stderr ?? '')
  const wrong = [
    ...(codes === '0 and 5' ? [] : [`exit codes ${codes}`]),
    ...(names ? [] : ['the holder is not named']),
    ...(await wrongAfterUpgrade(release)),
  ]
  const name = `round ${round}, ${round % 2 === 0 ? 'two machines' : 'one machine'}`
  const output = wrong.length === 0 ? '' : `\n${first?.stderr}\n---\n${second?.stderr}`
  return { name, passed: wrong.length === 0, details: `${codes} ${wrong.join('; ')}${output}` }
}

function upgrade(
  bed: Bed,
  { name, namespace, target, env }: FaultyRelease,
  more: Record<string, string>,
): Promise<Ran> {
  const own = { ...env, XDG_STATE_HOME: join(bed.dir, 'state'), NO_COLOR: '1', ...more }
  const words = ['upgrade', name, target, '-n', namespace, '--yes']
  return runProgram(process.execPath, [program, ...words], { env: own, timeoutMs: 60_000 })
}
