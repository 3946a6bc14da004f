/** Lock and record of a run on a real API server; time goes ten times as fast where it is waited for. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { connectForUpgrade } from '../../src/adapters/connect.js'
import type { UpgradeError } from '../../src/errors.js'
import { takeLock, type HeldLock } from '../../src/execute/lock.js'
import { breakLock, readLock } from '../../src/execute/read-lock.js'
import type { LockState } from '../../src/model/run-lock.js'
import type { Clock } from '../../src/ports/outside.js'
import type { WritePorts } from '../../src/ports/ports.js'
import { startBed, type Bed } from '../bed/start.js'
import { firstLine, kubectl, tsx } from '../bed/support.js'

const holder = fileURLToPath(new URL('../support/hold-lock.ts', import.meta.url))
const release = { name: 'osm', namespace: 'default' }
const second = 1000

/** The real clock, faster, and wrong by `skewMs`. */
function fastClock(clock: Clock, skewMs = 0, factor = 10): Clock {
  const start = clock.now()
  return {
    ...clock,
    now: () => start + (clock.now() - start) * factor + skewMs,
    sleep: (ms, signal) => clock.sleep(ms / factor, signal),
  }
}

describe('the lock on an API server', function () {
  this.timeout(120_000)
  let bed: Bed
  let one: WritePorts
  let two: WritePorts
  const fast = (ports: WritePorts, skewMs = 0): WritePorts => ({
    ...ports,
    clock: fastClock(ports.clock, skewMs),
  })
  const lease = (...words: string[]): Promise<string> => kubectl(bed, ...words, 'lease', 'mesh-upgrade.osm')
  const isThere = async (): Promise<boolean> => (await readLock(release, one)) !== undefined

  before(async () => {
    bed = await startBed({ name: 'lock' })
    const connect = (): Promise<WritePorts> =>
      connectForUpgrade({}, () => undefined, { ...process.env, ...bed.env })
    one = await connect()
    two = await connect()
  })
  after(() => bed.stop())
  afterEach(() => lease('delete', '--ignore-not-found'))

  it('is had by exactly one of two that come at the same moment, 50 times', async () => {
    for (let race = 0; race < 50; race++) {
      const names = [`a-${race}`, `b-${race}`]
      const tries = await Promise.allSettled(
        [one, two].map((ports, index) => takeLock(release, names[index] ?? '', ports)),
      )
      const held = tries.flatMap((each): HeldLock[] => (each.status === 'fulfilled' ? [each.value] : []))
      const refused = tries.flatMap((each) =>
        each.status === 'rejected' ? [each.reason as UpgradeError] : [],
      )
      assert.deepEqual([held.length, refused.map(({ code }) => code)], [1, ['LockHeld']])
      const winner = names[tries.findIndex(({ status }) => status === 'fulfilled')]
      assert.match(
        refused[0]?.message ?? '',
        new RegExp(`@.* pid ${process.pid}, since .*\\(run ${winner}\\)`),
      )
      await held[0]?.assertHeld()
      await held[0]?.release()
      assert.equal(await isThere(), false)
    }
  })

  it('of a dead machine is taken over after it ran out and was seen unchanged, by exactly one', async () => {
    await abandon('run-1')
    const ports = [fast(one), fast(two)]
    await assert.rejects(takeLock(release, 'run-2', ports[0] ?? one), { code: 'LockHeld' })
    await one.clock.sleep(3_100)
    const startedAt = Date.now()
    const tries = await Promise.allSettled(
      ports.map((each, index) => takeLock(release, `run-${index}`, each)),
    )
    assert.ok(Date.now() - startedAt >= 1_500, 'it was not looked at for long enough')
    const held = tries.flatMap((each): HeldLock[] => (each.status === 'fulfilled' ? [each.value] : []))
    assert.deepEqual([held.length, held[0]?.tookOver?.runId], [1, 'run-1'])
    await held[0]?.release()
  })

  for (const skew of [3600, -3600]) {
    it(`of a holder that lives is not taken where clocks differ by ${skew} s`, async () => {
      const lock = await takeLock(release, 'run-1', fast(one))
      await assert.rejects(takeLock(release, 'run-2', fast(two, skew * second)), { code: 'LockHeld' })
      await lock.assertHeld()
      await lock.release()
    })
  }

  it('is noticed to be lost when another has taken it, and theirs is left alone', async () => {
    const lock = await takeLock(release, 'run-1', fast(one))
    const theirs = { spec: { holderIdentity: 'eve@there pid 9' } }
    await lease('patch', '--type=merge', '-p', JSON.stringify(theirs))
    await aborted(lock)
    await assert.rejects(lock.assertHeld(), /lock of osm was lost: eve@there pid 9/)
    await lock.release()
    assert.equal((await readLock(release, one))?.holder, 'eve@there pid 9')
  })

  it('is kept where somebody only labels it', async () => {
    const lock = await takeLock(release, 'run-1', fast(one))
    await kubectl(bed, 'label', 'lease', 'mesh-upgrade.osm', 'seen=yes')
    await one.clock.sleep(2_500)
    await lock.assertHeld()
    await lock.release()
    assert.equal(await isThere(), false)
  })

  it('is noticed to be lost when it was broken, and is not made again', async () => {
    const lock = await takeLock(release, 'run-1', fast(one))
    await assert.rejects(breakLock(release, 'run-0', two), { code: 'LockHeld' })
    assert.equal((await breakLock(release, 'run-1', two))?.runId, 'run-1')
    await aborted(lock)
    await assert.rejects(lock.assertHeld(), /its Lease is gone/)
    await lock.release()
    assert.equal(await isThere(), false)
  })

  it('of a killed process is taken back at once by its own run, and by no other', async () => {
    const child = await holdInChild('run-1')
    const alive = (await readLock(release, one)) as LockState
    assert.deepEqual([alive.process, alive.state, alive.runId], ['alive', 'held', 'run-1'])
    await assert.rejects(takeLock(release, 'run-1', one, { resumes: 'run-1' }), { code: 'LockHeld' })
    const ended = new Promise((resolve) => child.on('exit', resolve))
    child.kill('SIGKILL')
    await ended
    assert.equal((await readLock(release, one))?.process, 'gone')
    await assert.rejects(takeLock(release, 'run-2', one), { code: 'LockHeld' })
    const startedAt = Date.now()
    const lock = await takeLock(release, 'run-1', one, { resumes: 'run-1' })
    assert.ok(Date.now() - startedAt < 2_000)
    await lock.release()
    assert.equal(await isThere(), false)
  })

  /** A Lease as a machine leaves it that loses its power. */
  async function abandon(runId: string): Promise<void> {
    const lock = await takeLock(release, runId, fast(one))
    const text = await lease('get', '-o', 'json')
    await lock.release()
    const { apiVersion, kind, metadata, spec } = JSON.parse(text) as Parameters<
      typeof one.clusterWriter.create
    >[0]
    const { name, namespace = '', annotations = {} } = metadata
    const made = await one.clusterWriter.create({
      apiVersion,
      kind,
      metadata: { name, namespace, annotations },
      spec,
    })
    assert.ok(made.ok)
  }

  async function holdInChild(runId: string): Promise<ChildProcess> {
    const words = [...tsx, holder, release.name, release.namespace, runId]
    const child = spawn(process.execPath, words, {
      env: { ...process.env, ...bed.env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    assert.deepEqual(await firstLine(child.stdout), ['held'])
    return child
  }

  async function aborted({ lost }: HeldLock): Promise<void> {
    for (let tries = 0; tries < 100 && !lost.aborted; tries++) await one.clock.sleep(50)
    assert.ok(lost.aborted, 'not noticed within 50 s of its time')
  }
})
