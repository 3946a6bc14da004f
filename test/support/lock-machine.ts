import { takeLock, type HeldLock, type LockOptions, type LockPorts } from '../../src/execute/lock.js'
import type { HolderProcess, ProcessState } from '../../src/model/run-lock.js'
import type { FakeCluster } from './fake-ports.js'
import type { VirtualClock } from './virtual-clock.js'

/** The release of all lock tests, and its Lease in the fake cluster. */
export const release = { name: 'osm', namespace: 'osm-system' }
export const leaseKey = 'Lease/osm-system/mesh-upgrade.osm'

/** One machine with one process; `others` is what it can tell of the rest. */
export interface Machine {
  ports: LockPorts
  notes: string[]
  take(runId: string, options?: LockOptions): Promise<HeldLock>
}

/** A process that takes locks. */
export function machine(
  cluster: FakeCluster,
  clock: VirtualClock,
  pid: number,
  others: (process: HolderProcess) => ProcessState = () => 'unknown',
): Machine {
  const notes: string[] = []
  const self = { host: 'here', pid, bootId: 'boot', startedAt: '7' }
  const ports: LockPorts = {
    cluster: cluster.reader,
    clusterWriter: cluster.writer,
    clock: { ...clock, holder: () => `tester@here pid ${pid}` },
    processes: { self: () => self, stateOf: (each) => (each.pid === pid ? 'alive' : others(each)) },
    progress: (event) => {
      if (event.type === 'note') notes.push(event.message)
    },
  }
  return { ports, notes, take: (runId, options) => takeLock(release, runId, ports, options) }
}

/** What comes of the work once `ms` have gone by: also its failure is a result. */
export async function after(clock: VirtualClock, ms: number, work: Promise<unknown>): Promise<unknown> {
  const settled = work.catch((error: unknown) => error)
  await clock.pass(ms)
  return settled
}

/** The code of what was thrown. */
export const codeOf = (result: unknown): string | undefined => (result as { code?: string }).code
