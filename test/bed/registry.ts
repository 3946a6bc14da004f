/** The beds that `npm run bed -- up` keeps running, one JSON file each. */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { isRunning } from './build-lock.js'

export interface Entry {
  name: string
  /** The supervisor. */
  pid: number
  /** Missing as long as the bed is being started. */
  bed?: { dir: string; apiServerUrl: string; env: Record<string, string>; actor?: string; since: string }
}

/** The folder of entries and supervisors' logs; throws when it belongs to somebody else. */
export function registryFolder(): string {
  const { uid } = userInfo()
  const folder = join(process.env['XDG_RUNTIME_DIR'] || tmpdir(), `kubectl-mesh-upgrade-bed-${uid}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (uid >= 0 && statSync(folder).uid !== uid) throw new Error(`${folder} belongs to another user`)
  return folder
}

/** The file of a bed's entry. */
export function entryFile(name: string): string {
  return join(registryFolder(), `${name}.json`)
}

/** The entry of a bed whose supervisor lives, or undefined; entries of the dead are removed. */
export function readEntry(name: string): Entry | undefined {
  const file = entryFile(name)
  const entry = parseEntry(file)
  if (!entry) return undefined
  // The folder goes with the bed, so a pid that was given to another program misleads nobody.
  if (isRunning(entry.pid) && (!entry.bed || existsSync(entry.bed.dir))) return entry
  rmSync(file, { force: true })
  return undefined
}

/** All running beds by name. */
export function listEntries(): Entry[] {
  const names = readdirSync(registryFolder()).filter((file) => file.endsWith('.json'))
  return names.sort().flatMap((file) => readEntry(file.slice(0, -'.json'.length)) ?? [])
}

/** Reserves the name of a bed that is to be started by this process; throws when it is taken. */
export function claimEntry(name: string): void {
  if (readEntry(name)) throw new Error(`a bed named ${name} is running or being started`)
  writeFileSync(entryFile(name), JSON.stringify({ name, pid: process.pid }), { flag: 'wx', mode: 0o600 })
}

/** Completes an entry that this process has claimed. */
export function writeEntry(entry: Entry): void {
  const file = entryFile(entry.name)
  const temporary = `${file}.${process.pid}`
  writeFileSync(temporary, `${JSON.stringify(entry, null, 2)}\n`, { mode: 0o600 })
  renameSync(temporary, file)
}

function parseEntry(file: string): Entry | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Entry
  } catch {
    return undefined
  }
}
