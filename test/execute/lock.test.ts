import assert from 'node:assert/strict'
import type { UpgradeError } from '../../src/errors.js'
import { takeLock } from '../../src/execute/lock.js'
import { fakeClock, fakeCluster } from '../support/fake-ports.js'

const release = { name: 'osm', namespace: 'osm-system' }

describe('takeLock', () => {
  it('creates the lease and leaves nothing when released', async () => {
    const { reader, writer, objects } = fakeCluster()
    const lock = await takeLock(release, 'run-1', {
      cluster: reader,
      clusterWriter: writer,
      clock: fakeClock(),
    })
    assert.deepEqual([...objects.keys()], ['Lease/osm-system/mesh-upgrade.osm'])
    await lock.release()
    assert.equal(objects.size, 0)
  })

  it('lets exactly one of many at the same moment have it', async () => {
    const { reader, writer } = fakeCluster()
    const ports = { cluster: reader, clusterWriter: writer, clock: fakeClock() }
    const tries = await Promise.allSettled(Array.from({ length: 50 }, () => takeLock(release, 'run', ports)))
    const held = tries.filter(({ status }) => status === 'fulfilled')
    assert.equal(held.length, 1)
    for (const failed of tries)
      if (failed.status === 'rejected') assert.equal((failed.reason as { code: string }).code, 'LockHeld')
  })

  it('says that nothing was changed by its exit code where the lease may not be made', async () => {
    const { reader, writer } = fakeCluster()
    const refusal = { status: 403, reason: 'Forbidden', message: 'User "x" cannot create leases' }
    const clusterWriter = { ...writer, create: async () => ({ ok: false as const, refusal }) }
    const ports = { cluster: reader, clusterWriter, clock: fakeClock() }
    await assert.rejects(takeLock(release, 'run', ports), (error: UpgradeError) => {
      assert.deepEqual([error.code, error.exitCode], ['LockRefused', 1])
      assert.match(error.remedy, /kubectl auth can-i create leases -n osm-system/)
      return /take the lock mesh-upgrade\.osm: User "x" cannot create leases/.test(error.message)
    })
  })

  it('takes over a lease that ran out, and only then', async () => {
    const { reader, writer } = fakeCluster()
    const clock = fakeClock()
    const ports = { cluster: reader, clusterWriter: writer, clock }
    await takeLock(release, 'run-1', ports)
    clock.pass(59_000)
    await assert.rejects(takeLock(release, 'run-2', ports), { code: 'LockHeld' })
    clock.pass(2_000)
    await takeLock(release, 'run-2', ports)
    await assert.rejects(takeLock(release, 'run-3', ports), { code: 'LockHeld' })
  })
})
