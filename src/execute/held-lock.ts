import { messageOf, UpgradeError } from '../errors.js'
import type { ApplyResult } from '../model/api-result.js'
import type { KubeObject } from '../model/kube-object.js'
import type { ReleaseName } from '../model/release.js'
import type { LockState } from '../model/run-lock.js'
import type { ClusterReader, ClusterWriter } from '../ports/cluster.js'
import type { Clock, Processes } from '../ports/outside.js'
import { leaseRef, lockStateOf, lockTiming, renewed, sameHolder } from './lease.js'

/** A lock that is held and renewed until it is released or lost. */
export interface HeldLock {
  /** The lock that ran out or was left behind, where this one was taken over. */
  readonly tookOver: LockState | undefined
  /** Aborted with `LockLost` when another holds it, when it was broken, or when it ran out unrenewed. */
  readonly lost: AbortSignal
  /**
   * To be asked before every change: resolves only while a renewal of the last seconds stands, and renews
   * first where it is older (the machine slept). Throws `LockLost`.
   */
  assertHeld(): Promise<void>
  /** Deletes the Lease where it is still ours. */
  release(): Promise<void>
}

export interface HoldPorts {
  cluster: Pick<ClusterReader, 'readObject'>
  clusterWriter: Pick<ClusterWriter, 'replace' | 'delete'>
  clock: Pick<Clock, 'now' | 'sleep'>
  processes: Pick<Processes, 'stateOf'>
}

export interface HeldLease {
  release: ReleaseName
  /** As the server has it. */
  lease: KubeObject
  /** Our time just before it was sent. */
  sentAt: number
  tookOver?: LockState
}

/** Renews a Lease that was just taken, until it is released or lost. */
export function holdLock(held: HeldLease, ports: HoldPorts): HeldLock {
  return new RenewedLease(held, ports)
}

class RenewedLease implements HeldLock {
  readonly tookOver: LockState | undefined
  private readonly of: ReleaseName
  private readonly stopped = new AbortController()
  private readonly losing = new AbortController()
  private readonly renewing: Promise<void>
  private lease: KubeObject
  private renewedAt: number
  private turn: Promise<boolean> | undefined
  private lastFailure = ''

  constructor(
    { release, lease, sentAt, tookOver }: HeldLease,
    private readonly ports: HoldPorts,
  ) {
    this.of = release
    this.lease = lease
    this.renewedAt = sentAt
    this.tookOver = tookOver
    this.renewing = this.keepRenewing()
  }

  get lost(): AbortSignal {
    return this.losing.signal
  }

  async assertHeld(): Promise<void> {
    const { clock } = this.ports
    while (!this.isOver()) {
      const age = clock.now() - this.renewedAt
      if (age >= 0 && age <= lockTiming.freshMs) return
      if (!(await this.renew()) && !this.isOver()) await clock.sleep(lockTiming.retryMs, this.lost)
    }
    throw this.lost.aborted ? (this.lost.reason as UpgradeError) : lockLost(this.of, 'it was released')
  }

  async release(): Promise<void> {
    this.stopped.abort()
    await this.renewing
    await deleteOurs(this.of, this.lease, this.ports)
  }

  private async keepRenewing(): Promise<void> {
    const { clock } = this.ports
    // Not by the clock, which jumps: time that was slept or waited through, awake.
    let unrenewedMs = 0
    while (!this.isOver()) {
      const pause = unrenewedMs === 0 ? lockTiming.renewEveryMs : lockTiming.retryMs
      await clock.sleep(pause, this.stopped.signal)
      if (this.isOver()) return
      const startedAt = clock.now()
      if (await this.renew()) unrenewedMs = 0
      else unrenewedMs += pause + clamp(clock.now() - startedAt, 2 * lockTiming.requestMs)
      if (unrenewedMs >= lockTiming.leaseMs) this.lose(`it could not be renewed: ${this.lastFailure}`)
    }
  }

  /** The loop and `assertHeld` may want to renew at once: one request does for both. */
  private renew(): Promise<boolean> {
    return (this.turn ??= this.renewOnce().finally(() => (this.turn = undefined)))
  }

  /** True where the lock is ours after it. A request that got no answer may have been carried out: look. */
  private async renewOnce(): Promise<boolean> {
    const { cluster, clusterWriter, clock } = this.ports
    for (let attempt = 1; attempt <= 2; attempt++) {
      const sentAt = clock.now()
      const answer = await inTime(clusterWriter.replace(renewed(this.lease, sentAt)), clock)
      if (answer.ok && answer.value.ok) {
        this.lease = answer.value.object
        this.renewedAt = sentAt
        return true
      }
      this.lastFailure = failureOf(answer)
      const seen = await inTime(cluster.readObject(leaseRef(this.of)), clock)
      if (!seen.ok) return false
      if (!seen.value) return this.lose('its Lease is gone: somebody broke the lock')
      if (!sameHolder(seen.value, this.lease))
        return this.lose(`${heldBy(seen.value, this.ports)} holds it now`)
      this.lease = seen.value
    }
    return false
  }

  private lose(why: string): false {
    this.losing.abort(lockLost(this.of, why))
    return false
  }

  private isOver(): boolean {
    return this.stopped.signal.aborted || this.lost.aborted
  }
}

/** Somebody else's Lease may have the same name and even the same uid: only the version that was read is deleted. */
async function deleteOurs(release: ReleaseName, ours: KubeObject, ports: HoldPorts): Promise<void> {
  const ref = leaseRef(release)
  for (let attempt = 1; attempt <= 5; attempt++) {
    const seen = await ports.cluster.readObject(ref)
    if (!seen || !sameHolder(seen, ours)) return
    const { uid = '', resourceVersion } = seen.metadata
    if (await ports.clusterWriter.delete(ref, uid, resourceVersion)) return
  }
}

function heldBy(lease: KubeObject, { clock, processes }: HoldPorts): string {
  const { holder, runId } = lockStateOf(lease, clock.now(), processes)
  return runId === undefined ? holder : `${holder} (run ${runId})`
}

function lockLost(release: ReleaseName, why: string): UpgradeError {
  const details = { release: release.name, namespace: release.namespace }
  return new UpgradeError('LockLost', `the lock of ${release.name} was lost: ${why}`, details)
}

type Answer<T> = { ok: true; value: T } | { ok: false; message: string }

/** The answer, or why there is none in time; never throws. */
async function inTime<T>(asked: Promise<T>, clock: HoldPorts['clock']): Promise<Answer<T>> {
  const answered = new AbortController()
  const late = clock
    .sleep(lockTiming.requestMs, answered.signal)
    .then((): Answer<T> => ({ ok: false, message: `no answer within ${lockTiming.requestMs / 1000} s` }))
  const answer = asked.then(
    (value): Answer<T> => ({ ok: true, value }),
    (error: unknown): Answer<T> => ({ ok: false, message: messageOf(error) }),
  )
  const first = await Promise.race([answer, late])
  answered.abort()
  return first
}

function failureOf(answer: Answer<ApplyResult>): string {
  if (!answer.ok) return answer.message
  return answer.value.ok ? '' : answer.value.refusal.message
}

function clamp(ms: number, most: number): number {
  return Math.max(0, Math.min(ms, most))
}
