import { UpgradeError } from '../errors.js'
import { timeText } from '../model/plain-text.js'
import type { ReleaseName } from '../model/release.js'
import type { LockState } from '../model/run-lock.js'
import {
  buildRunRecord,
  diedRecord,
  parseRunRecord,
  recordObject,
  recordRef,
  runStateOf,
  type RunChange,
  type RunIdentity,
  type RunRecord,
  type RunState,
} from '../model/run-record.js'
import type { ClusterReader, ClusterWriter } from '../ports/cluster.js'
import type { Clock } from '../ports/outside.js'
import { readLock, type ReadLockPorts } from './read-lock.js'

export interface RecordPorts {
  cluster: Pick<ClusterReader, 'readObject'>
  clusterWriter: Pick<ClusterWriter, 'apply'>
  clock: Pick<Clock, 'now'>
  redact: (text: string) => string
}

/** The last run of a release, by its record and its lock together. */
export interface SeenRun {
  state: RunState
  record?: RunRecord
  lock?: LockState
}

/**
 * Shows the run in the cluster, before its first change: ConfigMap `mesh-upgrade.<release>`. The record of
 * a run before it is written over; that of the same run (`resume`) goes on. Throws `ApiFailure`.
 */
export async function beginRecord(run: RunIdentity, change: RunChange, ports: RecordPorts): Promise<void> {
  await writeRecord(run, change, await readRecord(run.release, ports), ports)
}

/**
 * Shows how the run goes on or ends; false where the record has meanwhile become that of another run, which
 * is then left alone. Throws `ApiFailure`.
 */
export async function updateRecord(
  run: RunIdentity,
  change: RunChange,
  ports: RecordPorts,
): Promise<boolean> {
  const before = await readRecord(run.release, ports)
  if (before && before.run !== run.runId) return false
  await writeRecord(run, change, before, ports)
  return true
}

/** The record of the last run; undefined where there was none. */
export async function readRecord(
  release: ReleaseName,
  { cluster }: Pick<RecordPorts, 'cluster'>,
): Promise<RunRecord | undefined> {
  return parseRunRecord(await cluster.readObject(recordRef(release)))
}

/** The last run of the release and whether it still goes on. */
export async function readRun(release: ReleaseName, ports: ReadLockPorts): Promise<SeenRun> {
  const seen = await readOnce(release, ports)
  // A run may have begun or ended between the two reads; who died stays dead.
  return seen.state === 'died' ? readOnce(release, ports) : seen
}

async function readOnce(release: ReleaseName, ports: ReadLockPorts): Promise<SeenRun> {
  const lock = await readLock(release, ports)
  const record = await readRecord(release, ports)
  return { state: runStateOf(record, lock), ...(record ? { record } : {}), ...(lock ? { lock } : {}) }
}

/**
 * Writes into the record of a run that died that it did: phase `Failed`, reason `RunDied`. To be called by
 * a writing command once it holds the lock. Gives the run that died; undefined where none did.
 */
export async function markDied(
  release: ReleaseName,
  ports: RecordPorts & ReadLockPorts,
): Promise<RunRecord | undefined> {
  const { state, record } = await readRun(release, ports)
  if (state !== 'died' || record?.phase !== 'Running') return undefined
  const step = record.step === undefined ? '' : ` during step ${record.step}`
  const message = `the run ended${step} without saying so: its process is gone or its lock ran out`
  const died = diedRecord(record, message, now(ports))
  await apply(release, died, ports)
  return died
}

async function writeRecord(
  { release, ...run }: RunIdentity,
  change: RunChange,
  before: RunRecord | undefined,
  ports: RecordPorts,
): Promise<void> {
  const told = { ...change, message: ports.redact(change.message) }
  await apply(release, buildRunRecord(run, told, before, now(ports)), ports)
}

async function apply(release: ReleaseName, record: RunRecord, { clusterWriter }: RecordPorts): Promise<void> {
  const applied = await clusterWriter.apply(recordObject(release, record))
  if (applied.ok) return
  const { namespace, name } = recordRef(release)
  throw new UpgradeError('ApiFailure', `write the record of the run: ${applied.refusal.message}`, {
    path: `/api/v1/namespaces/${namespace}/configmaps/${name}`,
    status: String(applied.refusal.status),
    remedy: `Ask whether you may: kubectl auth can-i patch configmaps -n ${namespace}`,
  })
}

function now({ clock }: Pick<RecordPorts, 'clock'>): string {
  return timeText(clock.now()) ?? ''
}
