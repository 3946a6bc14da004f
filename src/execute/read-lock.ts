import type { ReleaseName } from '../model/release.js'
import type { LockState } from '../model/run-lock.js'
import type { ClusterReader, ClusterWriter } from '../ports/cluster.js'
import type { Clock, Processes } from '../ports/outside.js'
import { leaseRef, lockHeld, lockStateOf } from './lease.js'

export interface ReadLockPorts {
  cluster: Pick<ClusterReader, 'readObject'>
  clock: Pick<Clock, 'now'>
  processes: Pick<Processes, 'stateOf'>
}

/** The lock of a release as it is now; undefined where nobody holds one. */
export async function readLock(
  release: ReleaseName,
  { cluster, clock, processes }: ReadLockPorts,
): Promise<LockState | undefined> {
  const lease = await cluster.readObject(leaseRef(release))
  return lease && lockStateOf(lease, clock.now(), processes)
}

/**
 * Deletes the lock of just this run, whoever lives. Gives the lock that was broken; undefined where there
 * is none. Throws `LockHeld` where it is another run's, also where that came while this was asked.
 */
export async function breakLock(
  release: ReleaseName,
  runId: string,
  ports: ReadLockPorts & { clusterWriter: Pick<ClusterWriter, 'delete'> },
): Promise<LockState | undefined> {
  const ref = leaseRef(release)
  for (;;) {
    const lease = await ports.cluster.readObject(ref)
    if (!lease) return undefined
    const state = lockStateOf(lease, ports.clock.now(), ports.processes)
    if (state.runId !== runId) throw lockHeld(release, state)
    const { uid = '', resourceVersion } = lease.metadata
    // A renewal in between is a change: what is deleted is what was judged.
    if (await ports.clusterWriter.delete(ref, uid, resourceVersion)) return state
  }
}
