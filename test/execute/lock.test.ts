import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { UpgradeError } from '../../src/errors.js'
import { lockStateOf } from '../../src/execute/lease.js'
import { takeLock } from '../../src/execute/lock.js'
import { readLock } from '../../src/execute/read-lock.js'
import type { KubeObject } from '../../src/model/kube-object.js'
import { fakeCluster, type FakeCluster } from '../support/fake-ports.js'
import { after, codeOf, leaseKey, machine, release, type Machine } from '../support/lock-machine.js'
import { virtualClock, type VirtualClock } from '../support/virtual-clock.js'

const second = 1000

describe('takeLock', () => {
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

  /** Process 1 dies as by kill -9: its Lease stays as it was. */
  async function leftBehind(runId = 'run-1'): Promise<void> {
    const lock = await one.take(runId)
    const lease = cluster.objects.get(leaseKey)
    assert.ok(lease)
    await lock.release()
    cluster.objects.set(leaseKey, lease)
  }

  it('creates the lease, telling holder, run and process, and leaves nothing when released', async () => {
    const lock = await one.take('run-1')
    const lease = cluster.objects.get(leaseKey)
    assert.deepEqual(lease?.metadata.annotations, {
      'mesh-upgrade.dev/run': 'run-1',
      'mesh-upgrade.dev/host': 'here',
      'mesh-upgrade.dev/pid': '1',
      'mesh-upgrade.dev/boot-id': 'boot',
      'mesh-upgrade.dev/process-started': '7',
    })
    assert.deepEqual(await readLock(release, one.ports), {
      holder: 'tester@here pid 1',
      runId: 'run-1',
      since: '2026-01-01T00:00:00.000Z',
      renewedAt: '2026-01-01T00:00:00.000Z',
      runsOutAt: '2026-01-01T00:00:30.000Z',
      state: 'held',
      process: 'alive',
    })
    await lock.release()
    assert.equal(cluster.objects.size, 0)
    await assert.rejects(lock.assertHeld(), { code: 'LockLost' })
  })

  it('lets exactly one of many at the same moment have it', async () => {
    const machines = Array.from({ length: 50 }, (_, pid) => machine(cluster, clock, pid + 1))
    const tries = await Promise.allSettled(machines.map((each, index) => each.take(`run-${index}`)))
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
    for (const failed of tries) {
      if (failed.status === 'fulfilled') continue
      const error = failed.reason as UpgradeError
      assert.deepEqual([error.code, error.exitCode], ['LockHeld', 5])
      assert.match(
        error.message,
        /another run works on osm: tester@here pid \d+, since 2026-\S+ \(run run-\d+\)/,
      )
      assert.match(error.message, /runs out at 2026-01-01T00:00:30\.000Z/)
      assert.match(error.remedy, /\{program\} unlock osm -n osm-system --run run-\d+/)
    }
  })

  it('says that nothing was changed by its exit code where the lease may not be made', async () => {
    const refusal = { status: 403, reason: 'Forbidden', message: 'User "x" cannot create leases' }
    const clusterWriter = {
      ...one.ports.clusterWriter,
      create: async () => ({ ok: false as const, refusal }),
    }
    await assert.rejects(takeLock(release, 'run', { ...one.ports, clusterWriter }), (error: UpgradeError) => {
      assert.deepEqual([error.code, error.exitCode], ['LockRefused', 1])
      assert.match(error.remedy, /kubectl auth can-i create leases -n osm-system/)
      return /take the lock mesh-upgrade\.osm: User "x" cannot create leases/.test(error.message)
    })
  })

  it('knows its own lease where the answer to its making was lost', async () => {
    const clusterWriter = {
      ...cluster.writer,
      create: async (object: KubeObject) => {
        await cluster.writer.create(object)
        throw new Error('cut off')
      },
    }
    const lock = await takeLock(release, 'run-1', { ...one.ports, clusterWriter })
    await lock.assertHeld()
    await lock.release()
    assert.equal(cluster.objects.size, 0)
  })

  it('takes over a lease that ran out, after it was seen unchanged, and only then', async () => {
    await leftBehind()
    await clock.pass(30 * second)
    await assert.rejects(two.take('run-2'), { code: 'LockHeld' })
    assert.deepEqual(two.notes, [])
    await clock.pass(1 * second)
    let isTaken = false
    const taking = two.take('run-2').then((lock) => {
      isTaken = true
      return lock
    })
    await clock.pass(14 * second)
    assert.equal(isTaken, false)
    assert.match(
      two.notes.join(),
      /the lock of osm ran out at 2026-01-01T00:00:30.*tester@here pid 1.* is gone/,
    )
    await clock.pass(2 * second)
    const lock = await taking
    assert.deepEqual([lock.tookOver?.runId, lock.tookOver?.state], ['run-1', 'expired'])
    await assert.rejects(machine(cluster, clock, 3).take('run-3'), { code: 'LockHeld' })
    await lock.release()
  })

  it('lets exactly one of several take over what ran out', async () => {
    await leftBehind()
    await clock.pass(31 * second)
    const machines = [2, 3, 4, 5].map((pid) => machine(cluster, clock, pid))
    const tries = Promise.allSettled(machines.map((each, index) => each.take(`run-${index}`)))
    await clock.pass(17 * second)
    assert.equal((await tries).filter(({ status }) => status === 'fulfilled').length, 1)
  })

  for (const skew of [3600, -3600]) {
    it(`does not rob a holder that lives, where clocks differ by ${skew} s`, async () => {
      const lock = await one.take('run-1')
      const wrong = { ...two.ports, clock: { ...two.ports.clock, now: () => clock.now() + skew * second } }
      const result = await after(clock, 40 * second, takeLock(release, 'run-2', wrong))
      assert.equal(codeOf(result), 'LockHeld')
      await lock.assertHeld()
      assert.equal(lock.lost.aborted, false)
      await lock.release()
    })

    it(`takes over from a dead one, where clocks differ by ${skew} s`, async () => {
      await leftBehind()
      await clock.pass(31 * second)
      const wrong = { ...two.ports, clock: { ...two.ports.clock, now: () => clock.now() + skew * second } }
      const taking = takeLock(release, 'run-2', wrong)
      await clock.pass(40 * second)
      await (await taking).release()
    })
  }

  it('starts anew where the lease is released while it is looked at', async () => {
    await leftBehind()
    await clock.pass(31 * second)
    const taking = two.take('run-2')
    await clock.pass(3 * second)
    cluster.objects.clear()
    await clock.pass(3 * second)
    const lock = await taking
    assert.equal(lock.tookOver, undefined)
    await lock.release()
  })

  it('stops waiting when it is interrupted', async () => {
    await leftBehind()
    await clock.pass(31 * second)
    const interrupt = new AbortController()
    const taking = two.take('run-2', { signal: interrupt.signal })
    await clock.pass(3 * second)
    interrupt.abort()
    await assert.rejects(taking, { code: 'LockHeld' })
  })

  it('takes its own lock back at once where the process is gone, and only in the same run', async () => {
    await leftBehind()
    const knowing = machine(cluster, clock, 2, () => 'gone')
    await assert.rejects(knowing.take('run-2'), { code: 'LockHeld' })
    await assert.rejects(knowing.take('run-2', { resumes: 'run-0' }), { code: 'LockHeld' })
    await assert.rejects(two.take('run-1', { resumes: 'run-1' }), { code: 'LockHeld' })
    const alive = machine(cluster, clock, 2, () => 'alive')
    await assert.rejects(alive.take('run-1', { resumes: 'run-1' }), { code: 'LockHeld' })
    const lock = await knowing.take('run-1', { resumes: 'run-1' })
    assert.equal(lock.tookOver?.process, 'gone')
    assert.deepEqual(knowing.notes, [])
    await lock.release()
    assert.equal(cluster.objects.size, 0)
  })

  it('reads any Lease', () => {
    const processes = { stateOf: () => 'unknown' as const }
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.double({ noNaN: true }), (spec, annotations, length) => {
        for (const lease of [
          spec,
          { spec, metadata: { annotations } },
          { spec: { renewTime: '9999-12-31T00:00:00Z', leaseDurationSeconds: length } },
        ]) {
          const { holder, state } = lockStateOf(lease, 0, processes)
          assert.ok(holder !== '' && (state === 'held' || state === 'expired'))
        }
      }),
    )
    const hostile = { spec: { holderIdentity: `a\u001B[2J\nb${'x'.repeat(900)}` } }
    assert.match(lockStateOf(hostile, 0, processes).holder, /^a \[2J bx{190,}…$/)
  })
})
