import assert from 'node:assert/strict'
import type { UpgradeError } from '../../src/errors.js'
import { takeLock, type LockPorts } from '../../src/execute/lock.js'
import { breakLock, readLock } from '../../src/execute/read-lock.js'
import type { KubeObject } from '../../src/model/kube-object.js'
import { fakeCluster, type FakeCluster } from '../support/fake-ports.js'
import { leaseKey, machine, release, type Machine } from '../support/lock-machine.js'
import { virtualClock, type VirtualClock } from '../support/virtual-clock.js'

const second = 1000

describe('a held lock', () => {
  let cluster: FakeCluster
  let clock: VirtualClock
  let one: Machine
  let two: Machine

  beforeEach(() => {
    cluster = fakeCluster()
    clock = virtualClock()
    one = machine(cluster, clock, 1)
    two = machine(cluster, clock, 2)
  })

  it('is renewed for as long as it is held', async () => {
    const lock = await one.take('run-1')
    await clock.pass(600 * second)
    assert.equal((await readLock(release, one.ports))?.renewedAt, '2026-01-01T00:10:00.000Z')
    await assert.rejects(two.take('run-2'), { code: 'LockHeld' })
    await lock.release()
  })

  it('outlives single failures of every kind', async () => {
    let turn = 0
    const answers = [429, 500, 409, 'throws', 'hangs', 'lost answer'] as const
    const clusterWriter = {
      ...cluster.writer,
      replace: async (object: KubeObject) => {
        const kind = answers[turn++ % (answers.length + 1)]
        if (kind === undefined) return cluster.writer.replace(object)
        if (kind === 'throws') throw new Error('ECONNRESET')
        if (kind === 'hangs') return new Promise<never>(() => undefined)
        if (kind === 'lost answer') {
          await cluster.writer.replace(object)
          throw new Error('cut off')
        }
        return { ok: false as const, refusal: { status: kind, reason: '', message: 'later' } }
      },
    }
    const lock = await takeLock(release, 'run-1', { ...one.ports, clusterWriter })
    await clock.pass(300 * second)
    assert.equal(lock.lost.aborted, false)
    await lock.release()
    assert.equal(cluster.objects.size, 0)
  })

  it('is lost when it could not be renewed for its whole length', async () => {
    const down = async (): Promise<never> => Promise.reject(new Error('connection refused'))
    let isDown = false
    const ports: LockPorts = {
      ...one.ports,
      cluster: { readObject: (ref) => (isDown ? down() : cluster.reader.readObject(ref)) },
      clusterWriter: {
        ...cluster.writer,
        replace: (object) => (isDown ? down() : cluster.writer.replace(object)),
      },
    }
    const lock = await takeLock(release, 'run-1', ports)
    isDown = true
    await clock.pass(28 * second)
    assert.equal(lock.lost.aborted, false)
    // Nothing is changed meanwhile.
    const asked = lock.assertHeld().catch((error: UpgradeError) => error)
    await clock.pass(4 * second)
    assert.equal(lock.lost.aborted, true)
    const error = (await asked) as UpgradeError
    assert.deepEqual([error.code, error.exitCode], ['LockLost', 8])
    assert.match(error.message, /lock of osm was lost: it could not be renewed: connection refused/)
    assert.match(error.remedy, /\{program\} resume osm -n osm-system/)
    isDown = false
    await lock.release()
    assert.equal(cluster.objects.size, 0)
  })

  it('is not lost by a clock that jumps', async () => {
    const lock = await one.take('run-1')
    for (const ms of [3600 * second, -7200 * second]) {
      clock.jump(ms)
      await lock.assertHeld()
      await clock.pass(60 * second)
      assert.equal(lock.lost.aborted, false)
    }
    await lock.release()
  })

  it('notices after a sleep that another has taken it, before anything is changed', async () => {
    const lock = await one.take('run-1')
    // The machine sleeps: its time goes on, its timers do not.
    const theirs = cluster.objects.get(leaseKey)
    assert.ok(theirs)
    const annotations = { ...theirs.metadata.annotations, 'mesh-upgrade.dev/run': 'run-2' }
    const metadata = { ...theirs.metadata, annotations, resourceVersion: '99' }
    const spec = { ...(theirs.spec as object), holderIdentity: 'eve@there pid 9' }
    cluster.objects.set(leaseKey, { ...theirs, metadata, spec })
    clock.jump(600 * second)
    await assert.rejects(
      lock.assertHeld(),
      /lock of osm was lost: eve@there pid 9 \(run run-2\) holds it now/,
    )
    assert.equal(lock.lost.aborted, true)
    await lock.release()
    assert.ok(cluster.objects.has(leaseKey), "another's lease was deleted")
  })

  it('notices that it was broken, and does not make it again', async () => {
    const lock = await one.take('run-1')
    await clock.pass(12 * second)
    assert.equal((await breakLock(release, 'run-1', two.ports))?.holder, 'tester@here pid 1')
    assert.equal(await breakLock(release, 'run-1', two.ports), undefined)
    await clock.pass(10 * second)
    await assert.rejects(lock.assertHeld(), /its Lease is gone: somebody broke the lock/)
    await lock.release()
    assert.equal(cluster.objects.size, 0)
  })

  it('is not broken in the name of another run', async () => {
    const lock = await one.take('run-1')
    await assert.rejects(breakLock(release, 'run-0', two.ports), { code: 'LockHeld' })
    assert.ok(cluster.objects.has(leaseKey))
    await lock.release()
  })

  it("never deletes another's lease, also where that comes in between", async () => {
    const lock = await one.take('run-1')
    const original = cluster.objects.get(leaseKey)
    assert.ok(original)
    const theirs = {
      ...original,
      metadata: {
        ...original.metadata,
        resourceVersion: '99',
        annotations: { ...original.metadata.annotations, 'mesh-upgrade.dev/run': 'run-2' },
      },
    }
    const remove = cluster.writer.delete
    cluster.writer.delete = async (...words) => {
      cluster.objects.set(leaseKey, theirs)
      return remove(...words)
    }
    await lock.release()
    assert.deepEqual(cluster.objects.get(leaseKey), theirs)
  })
})
