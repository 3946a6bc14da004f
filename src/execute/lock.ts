import { UpgradeError } from '../errors.js'
import { field, textField, type KubeObject } from '../model/kube-object.js'
import type { ReleaseName } from '../model/release.js'
import type { ClusterReader, ClusterWriter } from '../ports/cluster.js'
import type { Clock } from '../ports/outside.js'

const leaseSeconds = 60
const renewEveryMs = 15_000

export interface LockPorts {
  cluster: ClusterReader
  clusterWriter: ClusterWriter
  clock: Clock
}

/** A lock that is held and renewed until it is released. */
export interface HeldLock {
  release(): Promise<void>
}

/**
 * Takes the Lease `mesh-upgrade.<release>` of the release's namespace: created atomically, or taken over
 * where it has run out. Throws `LockHeld` with the holder.
 */
export async function takeLock(release: ReleaseName, runId: string, ports: LockPorts): Promise<HeldLock> {
  const lease = leaseObject(release, runId, ports.clock)
  const created = await ports.clusterWriter.create(lease)
  if (created.ok) return hold(created.object, ports)
  if (created.refusal.status !== 409) {
    throw new UpgradeError(
      'LockRefused',
      `take the lock ${lease.metadata.name}: ${created.refusal.message}`,
      {
        remedy: `Ask whether you may: kubectl auth can-i create leases -n ${release.namespace}`,
      },
    )
  }
  return takeOver(lease, release, ports)
}

async function takeOver(lease: KubeObject, release: ReleaseName, ports: LockPorts): Promise<HeldLock> {
  const held = await ports.cluster.readObject({ ...leaseRef(release) })
  if (held && !hasRunOut(held, ports.clock.now())) throw lockHeld(held, release)
  if (!held) throw lockHeld(lease, release)
  const replaced = await ports.clusterWriter.replace({
    ...lease,
    metadata: { ...lease.metadata, resourceVersion: held.metadata.resourceVersion ?? '' },
  })
  // Somebody else was quicker: theirs it is.
  if (!replaced.ok) throw lockHeld(held, release)
  return hold(replaced.object, ports)
}

function hold(lease: KubeObject, ports: LockPorts): HeldLock {
  const stop = new AbortController()
  let current = lease
  const renewing = (async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await ports.clock.sleep(renewEveryMs, stop.signal)
      if (stop.signal.aborted) return
      const spec = { ...(field(current, 'spec') as object), renewTime: microTime(ports.clock.now()) }
      // A renewal that fails is tried again at the next turn; the lease lasts four of them.
      const renewed = await ports.clusterWriter.replace({ ...current, spec }).catch(() => undefined)
      if (renewed?.ok) current = renewed.object
    }
  })()
  return {
    async release() {
      stop.abort()
      await renewing
      const { namespace, name, uid } = current.metadata
      await ports.clusterWriter.delete(
        leaseRef({ name: name.replace(/^mesh-upgrade\./, ''), namespace: namespace ?? '' }),
        uid ?? '',
      )
    },
  }
}

function leaseRef(release: ReleaseName): {
  apiVersion: string
  kind: string
  namespace: string
  name: string
} {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    namespace: release.namespace,
    name: `mesh-upgrade.${release.name}`,
  }
}

function leaseObject(release: ReleaseName, runId: string, clock: Clock): KubeObject {
  const { apiVersion, kind, namespace, name } = leaseRef(release)
  const now = microTime(clock.now())
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, annotations: { 'mesh-upgrade.dev/run': runId } },
    spec: {
      holderIdentity: clock.holder(),
      leaseDurationSeconds: leaseSeconds,
      acquireTime: now,
      renewTime: now,
    },
  }
}

function hasRunOut(lease: KubeObject, now: number): boolean {
  const renewed = Date.parse(textField(lease, 'spec', 'renewTime'))
  const seconds = field(lease, 'spec', 'leaseDurationSeconds')
  if (Number.isNaN(renewed) || typeof seconds !== 'number') return true
  return renewed + seconds * 1000 < now
}

function lockHeld(lease: KubeObject, release: ReleaseName): UpgradeError {
  const holder = textField(lease, 'spec', 'holderIdentity') || 'somebody'
  const since = textField(lease, 'spec', 'acquireTime') || 'an unknown time'
  return new UpgradeError('LockHeld', `another run works on ${release.name}: ${holder}, since ${since}`, {
    lease: lease.metadata.name,
    namespace: release.namespace,
  })
}

/** A Lease's times are MicroTime: six digits after the second. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace(/(\.\d{3})Z$/, '$1000Z')
}
