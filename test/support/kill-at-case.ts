/** One kill of our program, in an upgrade or in its rollback, and what is made of it: gone on with, or taken back. */
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { restoredMesh, upgradeWords, type KillBed, type KillPoint } from './kill-at-bed.js'
import { differences, leftovers, settledState, type SettledState } from './kill-at-state.js'
import type { Helm } from './mesh-on-bed.js'
import type { Ran } from './run-program.js'

export interface KillCase {
  name: string
  place: 'boundary' | 'random'
  /** A boundary of the journal, or milliseconds after the start. */
  point: KillPoint | number
  /** `resumed rollback`: the upgrade was whole, its rollback is killed and gone on with. */
  way: 'resume' | 'rollback' | 'resumed rollback'
}

/** How the cluster is before the run, and after one that nobody disturbs. */
export interface Wanted {
  before: SettledState
  after: SettledState
}

export interface KillResult {
  case: KillCase
  /** What was done after the kill. */
  end: string
  seconds: number
  /** What is wrong. */
  complaints: string[]
  output: string
}

/** Does it on a bed of its own; a failure of the bed is a complaint. */
export async function judgeCase(
  killCase: KillCase,
  { helm, state, wanted }: { helm: Helm; state: string; wanted: Wanted },
): Promise<KillResult> {
  const startedAt = performance.now()
  const told = (result: Omit<KillResult, 'case' | 'seconds'>): KillResult => {
    return { case: killCase, seconds: (performance.now() - startedAt) / 1000, ...result }
  }
  try {
    const bed = await restoredMesh(helm, state)
    try {
      const judge = killCase.way === 'resumed rollback' ? judgeRollback : judgeOn
      return told(await judge(bed, killCase, wanted))
    } finally {
      await bed.stop()
    }
  } catch (error) {
    return told({ end: 'not judged', complaints: [String(error)], output: '' })
  }
}

async function judgeOn(
  bed: KillBed,
  { point, way }: KillCase,
  wanted: Wanted,
): Promise<Omit<KillResult, 'case' | 'seconds'>> {
  const killed = await bed.runKilled(upgradeWords, point)
  const journal = bed.journal()
  const seen = await seenState(bed)
  const isDone = journal.some((line) =>
    /"stepId":"run".*"part":"run".*"phase":"succeeded"|"part":"run","phase":"succeeded"/.test(line),
  )
  const hasChanged = journal.some((line) => line.includes('"stepId":"apply-crds"'))
  const complaints = killed.exitCode === null || isDone ? [] : [`it ended by itself: ${killed.exitCode}`]
  if (!['died', 'none'].includes(seen) && !(isDone && seen === 'succeeded'))
    complaints.push(`status says ${seen}`)
  if (seen === 'none' && journal.length > 1) complaints.push('status knows nothing of it')
  const then =
    way === 'resume' ? await resumed(bed, { journal, seen }) : await takenBack(bed, { journal, hasChanged })
  const found = await settledState(bed.env, bed.helm)
  const target = way === 'resume' ? wanted.after : wanted.before
  return {
    end: `${then.end}, exit ${String(then.ran.exitCode)}`,
    complaints: [
      ...complaints,
      ...then.complaints,
      ...differences(target, found),
      ...(then.isLockLeft ? [] : await leftovers(bed.env, bed.helm)),
    ],
    output: `--- killed\n${told(killed)}--- ${then.end}\n${told(then.ran)}--- journal\n${bed.journal().join('\n')}\n`,
  }
}

/** The upgrade is whole; its rollback is killed, and the mesh must come to be as before all the same. */
async function judgeRollback(
  bed: KillBed,
  { point }: KillCase,
  { before }: Wanted,
): Promise<Omit<KillResult, 'case' | 'seconds'>> {
  const upgraded = await bed.run(upgradeWords)
  const killed = await bed.runKilled(['rollback', '--yes'], point)
  const isBegun = bed.journal().some((line) => line.includes('"part":"rollback"'))
  const isDone = (await seenState(bed)) === 'rolled-back'
  const words = isBegun ? ['resume'] : ['rollback', '--yes']
  const ran = await bed.run(words)
  const found = await settledState(bed.env, bed.helm)
  return {
    end: `${words[0] ?? ''}, exit ${String(ran.exitCode)}`,
    complaints: [
      ...wrongExit(upgraded, 0),
      // One that ends by itself was ended at the wrong place, unless it came first by chance.
      ...(killed.exitCode === null || typeof point === 'number'
        ? []
        : [`it ended by itself: ${killed.exitCode}`]),
      ...wrongExit(ran, isDone ? 1 : 0),
      ...differences(before, found),
      ...(await leftovers(bed.env, bed.helm)),
    ],
    output: `--- killed\n${told(killed)}--- ${words.join(' ')}\n${told(ran)}--- journal\n${bed.journal().join('\n')}\n`,
  }
}

interface Then {
  end: string
  ran: Ran
  complaints: string[]
  /** The lock of a run that had begun nothing runs out by itself. */
  isLockLeft?: boolean
}

async function resumed(bed: KillBed, { journal, seen }: { journal: string[]; seen: string }): Promise<Then> {
  // The run was whole and said so.
  if (seen === 'succeeded') {
    const ran = await bed.run(['resume'])
    return { end: 'ended well', ran, complaints: wrongExit(ran, 1) }
  }
  if (journal.length > 0) {
    const ran = await bed.run(['resume'])
    return { end: 'resume', ran, complaints: wrongExit(ran, 0) }
  }
  const ran = await againOnceUnlocked(bed)
  return { end: 'upgrade again', ran, complaints: wrongExit(ran, 0) }
}

/** The lock of a run that had begun nothing is nobody's to take back: it runs out. */
async function againOnceUnlocked(bed: KillBed): Promise<Ran> {
  for (;;) {
    const ran = await bed.run(upgradeWords)
    if (ran.exitCode !== 5) return ran
    await sleep(5000)
  }
}

async function takenBack(
  bed: KillBed,
  { journal, hasChanged }: { journal: string[]; hasChanged: boolean },
): Promise<Then> {
  const ran = await bed.run(['rollback', '--yes'])
  if (hasChanged) return { end: 'rollback', ran, complaints: wrongExit(ran, 0) }
  const said = /nothing was changed|changed nothing/.test(ran.stdout + ran.stderr)
  const silent = said ? [] : ['it does not say that nothing was changed']
  const isLockLeft = journal.length === 0
  return { end: 'nothing to take back', ran, complaints: [...wrongExit(ran, 1), ...silent], isLockLeft }
}

function wrongExit({ exitCode }: Ran, wanted: number): string[] {
  return exitCode === wanted ? [] : [`exit code ${String(exitCode)}, not ${wanted}`]
}

/** The state of the last run as `status` tells it. */
async function seenState(bed: KillBed): Promise<string> {
  const { stdout } = await bed.run(['status', '-o', 'json'])
  const { items } = JSON.parse(stdout) as { items: { lastRun?: { state: string } }[] }
  return items[0]?.lastRun?.state ?? 'none'
}

function told({ exitCode, stdout, stderr }: Ran): string {
  return `exit ${String(exitCode)}\n${stdout}${stderr}\n`
}
