/** The Lease that is a release's lock: how it is written and what it tells. Pure. */
import { UpgradeError } from '../errors.js'
import { field, textField, type KubeObject } from '../model/kube-object.js'
import { plainText, timeText } from '../model/plain-text.js'
import type { ReleaseName } from '../model/release.js'
import type { HolderProcess, LockState } from '../model/run-lock.js'
import type { Processes } from '../ports/outside.js'

/**
 * A lock lasts 30 s and is renewed every 10 s. Its holder changes nothing where the last renewal is older
 * than 12 s, and whoever takes it over has seen it unchanged for 15 s: so neither has to trust a clock.
 */
export const lockTiming = {
  leaseMs: 30_000,
  renewEveryMs: 10_000,
  retryMs: 2_000,
  freshMs: 12_000,
  observeMs: 15_000,
  /** A renewal that takes longer is asked again. */
  requestMs: 8_000,
} as const

const prefix = 'mesh-upgrade.dev/'
const annotationOf = {
  run: `${prefix}run`,
  host: `${prefix}host`,
  pid: `${prefix}pid`,
  bootId: `${prefix}boot-id`,
  pidNamespace: `${prefix}pid-namespace`,
  startedAt: `${prefix}process-started`,
} as const

/** Who is to hold the lock. */
export interface Holder {
  /** `user@host pid 123`. */
  name: string
  runId: string
  process: HolderProcess
}

/** Reference of the Lease. */
export function leaseRef({ name, namespace }: ReleaseName): {
  apiVersion: string
  kind: string
  namespace: string
  name: string
} {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', namespace, name: `mesh-upgrade.${name}` }
}

/** The Lease as its holder writes it for the first time. */
export function leaseObject(release: ReleaseName, holder: Holder, now: number): KubeObject {
  const { apiVersion, kind, namespace, name } = leaseRef(release)
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, annotations: annotationsOf(holder) },
    spec: {
      holderIdentity: holder.name,
      leaseDurationSeconds: lockTiming.leaseMs / 1000,
      acquireTime: microTime(now),
      renewTime: microTime(now),
    },
  }
}

/** The Lease taken over: still the same object, so that a change in between is refused. */
export function takenOver(ours: KubeObject, seen: KubeObject): KubeObject {
  const { uid, resourceVersion } = seen.metadata
  const before = field(seen, 'spec', 'leaseTransitions')
  const leaseTransitions = typeof before === 'number' && before < 2 ** 31 - 1 ? before + 1 : 1
  return {
    ...ours,
    metadata: {
      ...ours.metadata,
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    spec: { ...specOf(ours), leaseTransitions },
  }
}

/** The Lease renewed; `anew` where a holder begins with it. */
export function renewed(lease: KubeObject, now: number, { anew = false } = {}): KubeObject {
  const renewTime = microTime(now)
  return { ...lease, spec: { ...specOf(lease), renewTime, ...(anew ? { acquireTime: renewTime } : {}) } }
}

/** True where both Leases have the same holder: the same process in the same run, since the same moment. */
export function sameHolder(left: KubeObject, right: KubeObject): boolean {
  const identity = (lease: KubeObject): string =>
    JSON.stringify([
      textField(lease, 'spec', 'holderIdentity'),
      timeOf(lease, 'acquireTime') ?? '',
      ...Object.values(annotationOf).map((name) => textField(lease, 'metadata', 'annotations', name)),
    ])
  return identity(left) === identity(right)
}

/** True where nobody renewed the Lease or took it over meanwhile; a label may have been added. */
export function isUntouched(before: KubeObject, after: KubeObject): boolean {
  const renewTime = (lease: KubeObject): string => textField(lease, 'spec', 'renewTime')
  return (
    before.metadata.uid === after.metadata.uid &&
    sameHolder(before, after) &&
    renewTime(before) === renewTime(after)
  )
}

/** What a Lease tells. Total. */
export function lockStateOf(lease: unknown, now: number, processes: Pick<Processes, 'stateOf'>): LockState {
  const text = (...path: string[]): string => plainText(textField(lease, ...path), 200)
  const runId = text('metadata', 'annotations', annotationOf.run)
  const times = {
    since: timeOf(lease, 'acquireTime'),
    renewedAt: timeOf(lease, 'renewTime'),
    runsOutAt: runsOutAt(lease),
  }
  const process = processOf(lease)
  const shown = Object.entries(times).flatMap(([key, ms]) => {
    const shownTime = ms === undefined ? undefined : timeText(ms)
    return shownTime === undefined ? [] : [[key, shownTime]]
  })
  return {
    holder: text('spec', 'holderIdentity') || 'somebody',
    ...(runId === '' ? {} : { runId }),
    ...(Object.fromEntries(shown) as Partial<Record<keyof typeof times, string>>),
    state: times.runsOutAt !== undefined && times.runsOutAt >= now ? 'held' : 'expired',
    process: process === undefined ? 'unknown' : processes.stateOf(process),
  }
}

/**
 * How long the Lease has to be seen unchanged before it may be taken over; undefined while it has not
 * run out. One that was renewed in our future tells that a clock is wrong: then only its whole length will do.
 */
export function observationMs(lease: KubeObject, now: number): number | undefined {
  const renewTime = timeOf(lease, 'renewTime')
  const end = runsOutAt(lease)
  if (renewTime !== undefined && renewTime > now + lockTiming.renewEveryMs) {
    return lockTiming.leaseMs + lockTiming.retryMs
  }
  return end === undefined || end < now ? lockTiming.observeMs : undefined
}

/** The refusal that names the holder, since when, and when the lock runs out. */
export function lockHeld(release: ReleaseName, state: LockState): UpgradeError {
  const since = state.since === undefined ? '' : `, since ${state.since}`
  const run = state.runId === undefined ? '' : ` (run ${state.runId})`
  const end = state.runsOutAt === undefined ? '' : `; its lock runs out at ${state.runsOutAt} unless renewed`
  const message = `another run works on ${release.name}: ${state.holder}${since}${run}${end}`
  return new UpgradeError('LockHeld', message, {
    ...{ release: release.name, namespace: release.namespace, run: state.runId ?? 'RUN' },
    lease: leaseRef(release).name,
  })
}

function annotationsOf({ runId, process }: Holder): Record<string, string> {
  const { host, pid, bootId, pidNamespace, startedAt } = process
  const facts = { run: runId, host, pid: String(pid), bootId, pidNamespace, startedAt }
  return Object.fromEntries(
    Object.entries(facts).flatMap(([key, text]) =>
      text === undefined ? [] : [[annotationOf[key as keyof typeof annotationOf], text]],
    ),
  )
}

function processOf(lease: unknown): HolderProcess | undefined {
  const text = (name: string): string => textField(lease, 'metadata', 'annotations', name)
  const host = text(annotationOf.host)
  const pid = Number(text(annotationOf.pid) || NaN)
  if (host === '' || !Number.isSafeInteger(pid) || pid <= 0) return undefined
  const rest = (['bootId', 'pidNamespace', 'startedAt'] as const).flatMap((key) => {
    const value = text(annotationOf[key])
    return value === '' ? [] : [[key, value]]
  })
  return { host, pid, ...(Object.fromEntries(rest) as Partial<HolderProcess>) }
}

function runsOutAt(lease: unknown): number | undefined {
  const renewTime = timeOf(lease, 'renewTime')
  const seconds = field(lease, 'spec', 'leaseDurationSeconds')
  return renewTime === undefined || typeof seconds !== 'number' ? undefined : renewTime + seconds * 1000
}

function timeOf(lease: unknown, key: string): number | undefined {
  const ms = Date.parse(textField(lease, 'spec', key))
  return Number.isNaN(ms) ? undefined : ms
}

function specOf(lease: KubeObject): object {
  const spec = field(lease, 'spec')
  return typeof spec === 'object' && spec !== null ? spec : {}
}

/** A Lease's times are MicroTime: six digits after the second. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace(/(\.\d{3})Z$/, '$1000Z')
}
