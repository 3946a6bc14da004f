import assert from 'node:assert/strict'
import { settlePending, type SettleContext } from '../../src/execute/mend-pending.js'
import type { ReleaseSnapshot, ReleaseStatus } from '../../src/model/release.js'
import type { WritePorts } from '../../src/ports/ports.js'
import { refusing } from '../support/fake-ports.js'
import { virtualClock, type VirtualClock } from '../support/virtual-clock.js'

const release = { name: 'osm', namespace: 'osm-system' }
const timeoutMs = 300_000

/** A release at revision 2 whose helm cannot be seen, unless `hasEnded`. */
interface Bench {
  clock: VirtualClock
  context: SettleContext
  /** Statuses that were marked. */
  mended: ReleaseStatus[]
  notes: string[]
  set(status: ReleaseStatus): void
  interrupt(): void
}

function bench({ hasEnded, createdAt }: { hasEnded: boolean; createdAt: string }): Bench {
  const clock = virtualClock()
  const stop = new AbortController()
  const mended: ReleaseStatus[] = []
  const notes: string[] = []
  let releaseStatus: ReleaseStatus = 'pending-upgrade'
  const ports = {
    clock,
    progress: (event: { type: string; message?: string }) => notes.push(event.message ?? ''),
    releases: refusing<WritePorts['releases']>({
      readNewestRevision: async () => ({ ...release, releaseRevision: 2, releaseStatus }) as ReleaseSnapshot,
      readNewestRecord: async () => {
        return { releaseRevision: 2, releaseStatus, uid: 'two', createdAt, annotations: {} }
      },
    }),
    releaseWriter: refusing<WritePorts['releaseWriter']>({
      mendPending: async () => {
        mended.push(releaseStatus)
        releaseStatus = 'failed'
        return 'mended'
      },
    }),
    rawStorage: refusing<WritePorts['rawStorage']>({ readStorageObjects: async () => [] }),
    helmWriter: refusing<WritePorts['helmWriter']>({ hasEnded: async () => hasEnded }),
  }
  const files = refusing<SettleContext['files']>({
    folder: '/run/hops/1',
    keepStorageObjects: async () => '',
  })
  const context: SettleContext = {
    ...{ ports: ports as unknown as WritePorts, files, payload: { timeoutMs } },
    interrupts: { finishStep: stop.signal, stopNow: stop.signal },
  }
  return {
    ...{ clock, context, mended, notes },
    set: (status) => (releaseStatus = status),
    interrupt: () => stop.abort(),
  }
}

const [young, old] = ['2025-12-31T23:59:00Z', '2025-12-31T23:50:00Z']

describe('a release that is pending', () => {
  it('is mended at once where the end of its helm was seen', async () => {
    const { context, mended } = bench({ hasEnded: true, createdAt: young })
    assert.equal((await settlePending(release, context))?.releaseStatus, 'failed')
    assert.deepEqual(mended, ['pending-upgrade'])
  })

  it('is mended at once where no helm can be at work any more: its timeout and a minute have passed', async () => {
    const { context, mended } = bench({ hasEnded: false, createdAt: old })
    await settlePending(release, context)
    assert.equal(mended.length, 1)
  })

  it('is waited for while a helm that cannot be seen may be at work, and mended only then', async () => {
    const { context, clock, mended, notes } = bench({ hasEnded: false, createdAt: young })
    const settled = settlePending(release, context)
    await clock.pass(timeoutMs - 2000)
    assert.deepEqual(mended, [])
    assert.match(
      notes.join(),
      /revision 2 is pending-upgrade .* until 2026-01-01T00:05:00.000Z at the latest/,
    )
    await clock.pass(4000)
    assert.equal((await settled)?.releaseStatus, 'failed')
    assert.equal(mended.length, 1)
  })

  it('is left alone where its helm comes to its end meanwhile', async () => {
    const { context, clock, mended, set } = bench({ hasEnded: false, createdAt: young })
    const settled = settlePending(release, context)
    await clock.pass(10_000)
    set('deployed')
    await clock.pass(2000)
    assert.equal((await settled)?.releaseStatus, 'deployed')
    assert.deepEqual(mended, [])
  })

  it('is left as it is where the wait is interrupted', async () => {
    const { context, clock, mended, interrupt } = bench({ hasEnded: false, createdAt: young })
    const settled = settlePending(release, context).catch((error: Error) => error.message)
    await clock.pass(10_000)
    interrupt()
    assert.match(String(await settled), /interrupted while waiting/)
    assert.deepEqual(mended, [])
  })
})
