import { UpgradeError } from '../errors.js'
import { field, textField } from '../model/kube-object.js'
import type { ReleaseName } from '../model/release.js'
import type { RunRecord } from '../model/run-record.js'
import type { WritePorts } from '../ports/ports.js'
import type { RunStore } from '../ports/run-store.js'
import { lockHeld } from './lease.js'
import { readLock } from './read-lock.js'
import { decodeBase64, shareRef } from './share-run.js'

export interface SharedRun {
  uid: string
  release: ReleaseName
  runId: string
  record: RunRecord | undefined
}

/** Where a run of another machine was, by its record. */
interface RunPlace {
  /** From 1. */
  hop: number
  /** The step of that hop that was begun last. */
  step?: string
  isGoingBack: boolean
}

/**
 * Makes the folder of a run of another machine from what the cluster keeps of it. Throws `LockHeld` where it still
 * runs, and `RunAbsent`, which names what is missing and where it is.
 */
export async function fetchRun(
  shared: SharedRun,
  ports: Pick<WritePorts, 'cluster' | 'runs' | 'progress' | 'clock' | 'processes'>,
): Promise<RunStore> {
  const { uid, release, runId, record } = shared
  const lock = await readLock(release, ports)
  // What the cluster keeps of a run that goes on is behind it.
  if (lock?.state === 'held' && lock.process !== 'gone') throw lockHeld(release, lock)
  const place = placeOf(record?.run === runId ? record : undefined)
  const packed: string[] = []
  for (let hop = 1; hop <= place.hop; hop++) {
    const files = await readHop(shared, { ...place, hop }, hop === place.hop, ports)
    if (files !== undefined) packed.push(files)
  }
  const message = `run ${runId} was begun elsewhere${filesAt(shared)}: taken over from the cluster`
  ports.progress({ type: 'note', message })
  const store = await ports.runs.unpack({ uid, release, runId }, packed)
  await noteSteps(store, { ...place, isWhole: packed.length === place.hop, hop: packed.length }, ports)
  return store
}

/** What the cluster keeps of a hop; undefined for a later one that had not changed anything, and begins again. */
async function readHop(
  shared: SharedRun,
  { hop, step }: RunPlace,
  isLast: boolean,
  { cluster }: Pick<WritePorts, 'cluster'>,
): Promise<string | undefined> {
  const { release, runId, record } = shared
  const secret = await cluster.readObject({ apiVersion: 'v1', kind: 'Secret', ...shareRef(release, hop) })
  const text = (key: string): string => {
    const value = field(secret, 'data', key)
    return typeof value === 'string' ? decodeBase64(value) : ''
  }
  if (text('run') === runId) {
    const leftOut = JSON.parse(text('leftOut') || '[]') as string[]
    if (leftOut.length === 0) return textField(secret, 'data', 'files')
    throw absent(shared, `the cluster has no room for ${leftOut.join(', ')} of hop ${hop}`)
  }
  const hasBegun = step !== undefined && !/^backup(-\d+)?$/.test(step)
  if (!isLast || hasBegun || record?.run !== runId)
    throw absent(shared, `the cluster keeps nothing of its hop ${hop}: Secret ${shareRef(release, hop).name}`)
  if (hop > 1) return undefined
  throw new UpgradeError('RunAbsent', `run ${runId} of another machine ended before it changed anything`, {
    remedy: `Upgrade again: {program} upgrade ${release.name} -n ${release.namespace}`,
  })
}

/** The journal of the other machine ends with the backup: what was begun since is in the record. */
async function noteSteps(
  store: RunStore,
  { hop, step, isGoingBack, isWhole }: RunPlace & { isWhole: boolean },
  { clock }: Pick<WritePorts, 'clock'>,
): Promise<void> {
  await store.readJournal()
  const { plan } = await store.readPlan()
  const note = (part: string, stepId: string, phase: 'started' | 'succeeded'): Promise<void> =>
    store.appendJournal({
      runId: store.location.runId,
      at: new Date(clock.now()).toISOString(),
      ...{ part, stepId, phase, message: 'on another machine' },
    })
  const steps = plan.hops[hop - 1]?.steps ?? []
  const begun = isWhole ? steps.slice(0, steps.findIndex(({ id }) => id === step) + 1) : steps
  for (const { id } of begun) await note(`hop-${hop}`, id, 'started')
  // The hop after it was begun: this one is done.
  if (!isWhole) await note(`hop-${hop}`, 'run', 'succeeded')
  if (isGoingBack) await note('rollback', 'run', 'started')
}

/** While a run is taken back, its last step tells the hop (`verify-2`). */
function placeOf(record: RunRecord | undefined): RunPlace {
  const { hop = '', step } = record ?? {}
  const isGoingBack = hop === 'rollback'
  const ofStep = /-(\d+)$/.exec(step ?? '')?.[1] ?? '1'
  const number = Number(/^(\d+)\//.exec(hop)?.[1] ?? (isGoingBack ? ofStep : '1'))
  // A step of the hop before is no step of this one.
  const isOfHop = step !== undefined && (isGoingBack || ofStep === String(number))
  return { hop: number, isGoingBack, ...(isOfHop ? { step } : {}) }
}

function filesAt({ record, runId }: SharedRun): string {
  const at = record?.run === runId ? record.location : undefined
  return at === undefined ? '' : `; its files are at ${at}`
}

function absent(shared: SharedRun, what: string): UpgradeError {
  const { record, runId } = shared
  const at = record?.run === runId ? record.location : undefined
  return new UpgradeError('RunAbsent', `run ${runId} is not on this machine, and ${what}${filesAt(shared)}`, {
    remedy: at === undefined ? 'Go on where it was begun' : `Go on there, or copy that folder here: ${at}`,
  })
}
