import { UpgradeError } from '../errors.js'
import type { ApplyResult } from '../model/api-result.js'
import type { KubeObject } from '../model/kube-object.js'
import type { ReleaseName } from '../model/release.js'
import type { LockState } from '../model/run-lock.js'
import type { ClusterReader, ClusterWriter } from '../ports/cluster.js'
import type { Clock, Processes, ProgressSink } from '../ports/outside.js'
import { holdLock, type HeldLock } from './held-lock.js'
import {
  isUntouched,
  leaseObject,
  leaseRef,
  lockHeld,
  lockStateOf,
  lockTiming,
  observationMs,
  renewed,
  sameHolder,
  takenOver,
} from './lease.js'

export type { HeldLock } from './held-lock.js'

export interface LockPorts {
  cluster: Pick<ClusterReader, 'readObject'>
  clusterWriter: Pick<ClusterWriter, 'create' | 'replace' | 'delete'>
  clock: Clock
  processes: Processes
  progress: ProgressSink
}

export interface LockOptions {
  /** The run that is resumed or rolled back: its own lock is taken back at once where its process is proved to be gone. */
  resumes?: string
  /** Ends the waiting for a lock that ran out. */
  signal?: AbortSignal
}

const takes = 5

/**
 * Takes the Lease `mesh-upgrade.<release>` of the release's namespace: created atomically, or taken over
 * where it has run out and is then seen unchanged for longer than a living holder would leave it.
 * Throws `LockHeld` with the holder, and `LockRefused` where the Lease may not be made.
 */
export async function takeLock(
  release: ReleaseName,
  runId: string,
  ports: LockPorts,
  options: LockOptions = {},
): Promise<HeldLock> {
  for (let take = 1; take <= takes; take++) {
    const taken = await tryToTake(release, runId, ports, options)
    if (taken) return taken
  }
  throw new UpgradeError(
    'LockRefused',
    `take the lock ${leaseRef(release).name}: it comes and goes; others are at work`,
    { remedy: 'Run the command again' },
  )
}

/** Undefined where the lock was released meanwhile, so that it is to be tried again. */
async function tryToTake(
  release: ReleaseName,
  runId: string,
  ports: LockPorts,
  options: LockOptions,
): Promise<HeldLock | undefined> {
  const sentAt = ports.clock.now()
  const holder = { name: ports.clock.holder(), runId, process: ports.processes.self() }
  const ours = leaseObject(release, holder, sentAt)
  const created = await attempt(ports.clusterWriter.create(ours))
  if ('ok' in created && created.ok) return holdLock({ release, lease: created.object, sentAt }, ports)
  const seen = await ports.cluster.readObject(leaseRef(release))
  // A request without an answer may have been carried out.
  if (seen && sameHolder(seen, ours)) return holdLock({ release, lease: seen, sentAt }, ports)
  if (!('ok' in created)) throw created.error
  if (created.refusal.status !== 409) throw lockRefused(release, created.refusal.message)
  return seen && takeOver({ seen, ours, release }, ports, options)
}

interface TakeOver {
  /** Theirs, as the server has it. */
  seen: KubeObject
  ours: KubeObject
  release: ReleaseName
}

async function takeOver(
  { seen, ours, release }: TakeOver,
  ports: LockPorts,
  options: LockOptions,
): Promise<HeldLock | undefined> {
  const state = stateOf(seen, ports)
  const isLeftBehind = options.resumes !== undefined && state.runId === options.resumes
  const lapsed =
    isLeftBehind && state.process === 'gone' ? seen : await seenLapsed(seen, release, ports, options.signal)
  if (!lapsed) return undefined
  const sentAt = ports.clock.now()
  const lease = takenOver(renewed(ours, sentAt, { anew: true }), lapsed)
  const replaced = await attempt(ports.clusterWriter.replace(lease))
  const held = { release, sentAt, tookOver: state }
  if ('ok' in replaced && replaced.ok) return holdLock({ ...held, lease: replaced.object }, ports)
  const now = await ports.cluster.readObject(leaseRef(release))
  if (now && sameHolder(now, lease)) return holdLock({ ...held, lease: now }, ports)
  if (!('ok' in replaced)) throw replaced.error
  if (replaced.refusal.status !== 409) throw lockRefused(release, replaced.refusal.message)
  // Somebody else was quicker: theirs it is, unless they are done already.
  if (now) throw lockHeld(release, stateOf(now, ports))
  return undefined
}

/**
 * The Lease once it was seen unchanged for long enough; undefined where it was released meanwhile.
 * Throws `LockHeld` where it has not run out, or where its holder lives.
 */
async function seenLapsed(
  first: KubeObject,
  release: ReleaseName,
  ports: LockPorts,
  signal?: AbortSignal,
): Promise<KubeObject | undefined> {
  const needed = observationMs(first, ports.clock.now())
  const state = stateOf(first, ports)
  if (needed === undefined) throw lockHeld(release, state)
  const when = state.runsOutAt === undefined ? 'has no end' : `ran out at ${state.runsOutAt}`
  const message = `the lock of ${release.name} ${when}; making sure for ${needed / 1000} s that its holder (${state.holder}) is gone`
  ports.progress({ type: 'note', message })
  let seen = first
  // What was slept is counted, not what the clock says: it may jump.
  for (let waited = 0; waited < needed; waited += lockTiming.retryMs) {
    await ports.clock.sleep(lockTiming.retryMs, signal)
    if (signal?.aborted) throw lockHeld(release, state)
    const again = await ports.cluster.readObject(leaseRef(release))
    if (!again) return undefined
    if (!isUntouched(seen, again)) throw lockHeld(release, stateOf(again, ports))
    seen = again
  }
  return seen
}

function stateOf(lease: KubeObject, { clock, processes }: LockPorts): LockState {
  return lockStateOf(lease, clock.now(), processes)
}

/** A request whose failure is looked into before it counts. */
async function attempt(asked: Promise<ApplyResult>): Promise<ApplyResult | { error: Error }> {
  return asked.catch((error: unknown) => ({
    error: error instanceof Error ? error : new Error(String(error)),
  }))
}

function lockRefused(release: ReleaseName, why: string): UpgradeError {
  const remedy = `Ask whether you may: kubectl auth can-i create leases -n ${release.namespace}`
  return new UpgradeError('LockRefused', `take the lock ${leaseRef(release).name}: ${why}`, { remedy })
}
