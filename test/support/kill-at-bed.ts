/** Beds with a mesh that is to go two hops, prepared once and restored for every case; our program, killed where told. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { chartsFolder, installPlugin, meshOnBed, notesFolder, type Helm } from './mesh-on-bed.js'
import { addRepository, meshFromState, saveMesh, type MeshOnBed } from './mesh-on-bed.js'
import { runProgram, type Ran } from './run-program.js'

const program = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const preload = new URL('kill-at.mjs', import.meta.url).href

/** The words of the upgrade that is killed. */
export const upgradeWords = ['--to', '0.11.1', '--release-notes', notesFolder, '--yes']

/** Where the program is to be killed. */
export interface KillPoint {
  /** Number of the append to the journal. */
  at?: number
  /** Or a pattern for its line. */
  line?: string
  when?: 'before' | 'torn' | 'after'
  /** Milliseconds to live on after that. */
  afterMs?: number
}

/** A pattern for one line of the journal. */
function lineOf(part: string, stepId: string, phase: string): string {
  const members = [`"part":"${part}"`, `"stepId":"${stepId}"`, `"phase":"${phase}"`]
  return members.map((text) => `(?=.*${text})`).join('')
}

/** Places that matter most. */
export const killPlaces = {
  beforeBackup: { line: lineOf('hop-1', 'backup', 'started'), when: 'after' },
  afterBackup: { line: lineOf('hop-1', 'backup', 'succeeded'), when: 'after' },
  amongCrds: { line: `${lineOf('hop-1', 'apply-crds', 'progress')}.*multicluster`, when: 'torn' },
  duringHelm: { line: lineOf('hop-1', 'upgrade-release', 'started'), when: 'after', afterMs: 1500 },
  /** Before it has made its revision, or in the middle of its hook. */
  helmBegins: { line: lineOf('hop-1', 'upgrade-release', 'started'), when: 'after', afterMs: 200 },
  betweenHops: { line: lineOf('hop-1', 'run', 'succeeded'), when: 'after' },
  afterHelm: { line: lineOf('hop-2', 'upgrade-release-2', 'succeeded'), when: 'before' },
  createdCrds: { line: `${lineOf('rollback', 'restore-crds', 'progress')}.*delete CRD`, when: 'after' },
  rollbackDone: { line: lineOf('rollback', 'rollback-release', 'succeeded'), when: 'before' },
  rollbackHelm: { line: lineOf('rollback', 'rollback-release', 'started'), when: 'after', afterMs: 600 },
} as const satisfies Record<string, KillPoint>

/** A mesh at 0.9.2 on a bed of its own. */
export interface KillBed {
  mesh: MeshOnBed
  helm: Helm
  env: Record<string, string>
  /** Runs our program to its end. */
  run(words: readonly string[], more?: Record<string, string>): Promise<Ran>
  /** The same, ended by SIGKILL at a place or after a time. */
  runKilled(words: readonly string[], point: KillPoint | number): Promise<Ran>
  /** Folder of the newest run, or undefined. */
  runFolder(): string | undefined
  /** Lines of the journal of the newest run. */
  journal(): string[]
  stop(): Promise<void>
}

/** Makes a mesh 0.9.2 with `policies` custom resources and saves it; gives the file, which is made once. */
export async function preparedMesh(helm: Helm, policies: number, folder: string): Promise<string> {
  const file = join(folder, `${helm}-${policies}.tgz`)
  if (existsSync(file)) return file
  mkdirSync(dirname(file), { recursive: true })
  const mesh = await meshOnBed({ helm, chart: join(chartsFolder, '0.9.2'), policies })
  try {
    return await saveMesh(mesh, file)
  } finally {
    await mesh.stop()
  }
}

/** A bed with that mesh. */
export async function restoredMesh(helm: Helm, state: string): Promise<KillBed> {
  return killable(await meshFromState(helm, state))
}

/** A new mesh. */
export async function killableMesh(helm: Helm): Promise<KillBed> {
  return killable(await meshOnBed({ helm, chart: join(chartsFolder, '0.9.2') }))
}

async function killable(mesh: MeshOnBed): Promise<KillBed> {
  const repository = await addRepository(mesh, ['0.9.2', '0.10.0', '0.11.1'])
  return killBedOf(mesh, async () => {
    await repository.close()
    await mesh.stop()
  })
}

/** Our program on a mesh that is there. */
function killBedOf(mesh: MeshOnBed, stop: () => Promise<void>): KillBed {
  const env = installPlugin(mesh)
  const run: KillBed['run'] = (words, more = {}) =>
    runProgram(process.execPath, [program, ...words], { env: { ...env, ...more }, timeoutMs: 180_000 })
  const runFolder = (): string | undefined => newestRun(env['XDG_STATE_HOME'] ?? '')
  return {
    ...{ mesh, helm: mesh.helm, env, run, runFolder, stop },
    runKilled: async (words, point) => {
      if (typeof point === 'number') return killedAfter(run, words, point)
      return run(words, killEnv(point))
    },
    journal() {
      const file = join(runFolder() ?? '', 'journal.ndjson')
      return existsSync(file)
        ? readFileSync(file, 'utf8')
            .split('\n')
            .filter((line) => line !== '')
        : []
    },
  }
}

/** The environment that kills our program there. */
export function killEnv({ at, line, when = 'before', afterMs = 0 }: KillPoint): Record<string, string> {
  return {
    NODE_OPTIONS: `--import=${preload}`,
    ...(at === undefined ? {} : { KILL_AT: String(at) }),
    ...(line === undefined ? {} : { KILL_LINE: line }),
    ...{ KILL_WHEN: when, KILL_AFTER: String(afterMs) },
  }
}

/** The environment in which our program believes to be on another machine; together with `killEnv`. */
export function otherHost(name: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=${preload}`, OTHER_HOST: name }
}

/** The environment that makes our program wait for a file before it takes the lock. */
export function waitEnv(file: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=${preload}`, WAIT_FOR: file }
}

/** Opens the gate of `waitEnv` once so many wait for it. */
export async function openGate(gate: string, count: number): Promise<void> {
  const isWaiting = (name: string): boolean => name.startsWith(`${basename(gate)}.`)
  while (readdirSync(dirname(gate)).filter(isWaiting).length < count) await sleep(20)
  writeFileSync(gate, '')
}

/** The preload ends the process by itself, so that its time is what counts. */
function killedAfter(run: KillBed['run'], words: readonly string[], ms: number): Promise<Ran> {
  return run(words, { NODE_OPTIONS: `--import=${preload}`, KILL_AT_MS: String(Math.round(ms)) })
}

/** Folders of runs are named by their time. */
function newestRun(stateHome: string): string | undefined {
  const root = join(stateHome, 'kubectl-mesh-upgrade')
  if (!existsSync(root)) return undefined
  const runs = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.split('/').length === 4)
    .sort()
  const last = runs.at(-1)
  return last === undefined ? undefined : join(root, last)
}

/** Removes a prepared state. */
export function forgetPrepared(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}
