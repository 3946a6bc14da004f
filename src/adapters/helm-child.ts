import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { platform } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { HelmChange, LingeringHelm } from '../model/lingering-helm.js'
import {
  findLeader,
  placeHere,
  startTimeOf,
  stateOf,
  type ProcessIdentity,
  type ProcessPlace,
} from './process-facts.js'

const apiVersion = 'mesh-upgrade.dev/v1alpha1'
/** A helm of ours carries the folder of its log in this variable. */
const marker = 'MESH_UPGRADE_HELM_LOG'

/** What is known of a helm before it is started, on disk before it is. */
export interface HelmIntent extends ProcessPlace {
  apiVersion: string
  kind: HelmChange
  startedAt: string
  /** When it is ended at the latest, as long as we run. */
  endsBy: string
  /** Redacted. */
  command: string
  /** Words that its command line has, whatever wraps it. */
  words: string[]
}

/** The same with the process, and with its end once that was seen. */
export interface HelmChildRecord extends HelmIntent, Partial<ProcessIdentity> {
  endedAt?: string
  exitCode?: number | null
  signal?: string | null
}

/** The variable by which a child is found where we ended before we knew its pid. */
export function childVariable(logFolder: string): NodeJS.ProcessEnv {
  return { [marker]: resolve(logFolder) }
}

/** Says on disk (fsync) that a helm is about to be started. Throws where the disk refuses: then none is started. */
export function recordIntent(
  logFolder: string,
  { endAfterMs, ...what }: Pick<HelmIntent, 'kind' | 'command' | 'words'> & { endAfterMs: number },
): HelmChildRecord {
  const now = Date.now()
  const [startedAt, endsBy] = [now, now + endAfterMs].map((ms) => new Date(ms).toISOString()) as [
    string,
    string,
  ]
  const record = { apiVersion, ...what, ...placeHere(), startedAt, endsBy }
  writeRecord(logFolder, record)
  return record
}

/** Says which process it is. A full disk must not end us now: the variable finds it as well. */
export function recordChild(logFolder: string, intent: HelmChildRecord, pid: number): HelmChildRecord {
  const startTime = startTimeOf(pid)
  const record = { ...intent, pid, ...(startTime === undefined ? {} : { startTime }) }
  tryToWrite(logFolder, record)
  return record
}

/** Says that it has ended; where the disk refuses, its process is simply gone. */
export function recordEnd(
  logFolder: string,
  record: HelmChildRecord,
  end: Pick<HelmChildRecord, 'exitCode' | 'signal'>,
): void {
  tryToWrite(logFolder, { ...record, endedAt: new Date().toISOString(), ...end })
}

/** The helm of this folder whose end nobody saw. A record that cannot be read is taken for one of a helm that may run. */
export function findLingering(logFolder: string): LingeringHelm | undefined {
  const record = readRecord(logFolder)
  if (record === undefined || record.endedAt !== undefined) return undefined
  const { kind, host, startedAt, endsBy, command } = record
  const known = { kind, host, startedAt, endsBy, command, logFolder }
  const written = identityOf(record)
  const elsewhere = stateElsewhere(record, placeHere())
  if (elsewhere) return { ...known, ...written, state: elsewhere }
  const identity = written ?? findLeader(`${marker}=${resolve(logFolder)}`, record.words)
  if (identity) return { ...known, ...identity, state: stateOf(identity) }
  return { ...known, state: identity === null ? 'unknown' : 'gone' }
}

/** What can be said of a process of another place: only a boot ends all of a machine's. Undefined for this place. */
function stateElsewhere(there: ProcessPlace, here: ProcessPlace): 'gone' | 'unknown' | undefined {
  if (there.host !== here.host) return 'unknown'
  if (there.bootId !== here.bootId) return there.bootId && here.bootId ? 'gone' : 'unknown'
  return there.pidNamespace === here.pidNamespace ? undefined : 'unknown'
}

/** True where the end of this folder's helm was seen, by us or by a process of ours before. */
export function hasEnded(logFolder: string): boolean {
  return readRecord(logFolder)?.endedAt !== undefined
}

/** Whether a lingering helm still runs, asked again. */
export function lookAgain(helm: LingeringHelm): LingeringHelm['state'] {
  return findLingering(helm.logFolder)?.state ?? 'gone'
}

/** Closes the record of a helm whose end was not seen but is certain. */
export function recordGone(logFolder: string): void {
  const record = readRecord(logFolder)
  if (record && record.endedAt === undefined) recordEnd(logFolder, record, { exitCode: null })
}

function identityOf({ pid, startTime }: HelmChildRecord): ProcessIdentity | undefined {
  if (pid === undefined) return undefined
  return { pid, ...(startTime === undefined ? {} : { startTime }) }
}

function fileOf(logFolder: string): string {
  return join(logFolder, 'helm-child.json')
}

function readRecord(logFolder: string): HelmChildRecord | undefined {
  let text: string
  try {
    text = readFileSync(fileOf(logFolder), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  try {
    const record = JSON.parse(text) as HelmChildRecord
    if (record.apiVersion === apiVersion && Array.isArray(record.words)) return record
  } catch {
    // Said below.
  }
  const unreadable = {
    startedAt: '',
    endsBy: '',
    command: `(${fileOf(logFolder)} cannot be read)`,
    words: [],
  }
  return { apiVersion, kind: 'upgrade', ...placeHere(), ...unreadable }
}

function tryToWrite(logFolder: string, record: HelmChildRecord): void {
  try {
    writeRecord(logFolder, record)
  } catch {
    // Said by the callers.
  }
}

/** Whole or not at all, and on disk. */
function writeRecord(logFolder: string, record: HelmChildRecord): void {
  const file = fileOf(logFolder)
  const unfinished = `${file}.tmp`
  const descriptor = openSync(unfinished, 'w', 0o600)
  try {
    writeSync(descriptor, `${JSON.stringify(record, null, 2)}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(unfinished, file)
  // Windows knows no fsync of a folder.
  if (platform() === 'win32') return
  const folder = openSync(dirname(file), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
