/**
 * Saved states: what etcd holds, with the keys that signed what is in it. One file, a gzipped tar with `etcd/`,
 * `logs/`, `pki/` and `bed.json`.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { create, extract } from 'tar'
import { bedCache } from './build.js'
import { keptIdentities } from './identities.js'

/** What a bed's folder tells other processes about it, in `bed.json`. */
export interface BedRecord {
  name: string
  slotNumber: number
  apiServerUrl: string
  pids: Record<string, number>
}

/** Reads the record of the bed in `dir`; throws when there is none. */
export function readRecord(dir: string): BedRecord {
  return JSON.parse(readFileSync(join(dir, 'bed.json'), 'utf8')) as BedRecord
}

/** Writes the record of the bed in `dir`. */
export function writeRecord(dir: string, record: BedRecord): void {
  writeFileSync(join(dir, 'bed.json'), `${JSON.stringify(record, null, 2)}\n`)
}

/** The file of a saved state: a path as it is, a plain name in the user's cache. */
export function stateFile(fileOrName: string): string {
  const isPath = /[/\\]|\.tgz$/.test(fileOrName)
  return isPath ? resolve(fileOrName) : join(bedCache('bed-states'), `${fileOrName}.tgz`)
}

/**
 * Saves the state of the running bed in `dir` and returns the file. etcd stands still meanwhile (under a second),
 * so that its files are as after a power cut, which it is made to survive.
 */
export async function saveBed(bed: { dir: string }, fileOrName: string): Promise<string> {
  const file = stateFile(fileOrName)
  const pid = readRecord(bed.dir).pids['etcd']
  if (pid === undefined) throw new Error(`the bed in ${bed.dir} has no etcd`)
  mkdirSync(dirname(file), { recursive: true })
  const names = ['bed.json', 'etcd', 'logs', ...keptIdentities.map((name) => `pki/${name}`)]
  // Files that etcd has only made room for.
  const filter = (path: string): boolean => !path.endsWith('.tmp')
  const temporary = `${file}.${process.pid}.tmp`
  process.kill(pid, 'SIGSTOP')
  try {
    await create({ file: temporary, cwd: bed.dir, gzip: { level: 1 }, filter }, names)
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  renameSync(temporary, file)
  return file
}

/** Unpacks a saved state into the folder of a bed that is to be started; returns the record of the saved one. */
export async function unpackState(fileOrName: string, dir: string): Promise<BedRecord> {
  const file = stateFile(fileOrName)
  if (!existsSync(file)) throw new Error(`there is no saved state ${file}`)
  await extract({ file, cwd: dir })
  return readRecord(dir)
}
