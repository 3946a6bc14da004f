import assert from 'node:assert/strict'
import { UpgradeError } from '../../src/errors.js'
import { awaitRun } from '../../src/execute/await-run.js'
import { takeLock, type LockPorts } from '../../src/execute/lock.js'
import { runEvents } from '../../src/execute/run-events.js'
import {
  beginRecord,
  markDied,
  readRun,
  updateRecord,
  type RecordPorts,
} from '../../src/execute/run-record.js'
import { field } from '../../src/model/kube-object.js'
import type { RunIdentity } from '../../src/model/run-record.js'
import type { ProgressEvent } from '../../src/model/progress.js'
import { fakeCluster, type FakeCluster } from '../support/fake-ports.js'
import { machine, release } from '../support/lock-machine.js'
import { virtualClock, type VirtualClock } from '../support/virtual-clock.js'

const recordKey = 'ConfigMap/osm-system/mesh-upgrade.osm'
const second = 1000
const running = { phase: 'Running', message: 'started' } as const

function runOf(runId: string): RunIdentity {
  const facts = { from: '0.9.2', to: '0.10.0', planDigest: 'sha256:1', holder: 'a@b pid 1', location: 'b:/r' }
  return { release, runId, ...facts }
}

describe('the record of a run in the cluster', () => {
  let cluster: FakeCluster
  let clock: VirtualClock
  const portsOf = (pid: number): LockPorts & RecordPorts => ({
    ...machine(cluster, clock, pid).ports,
    clusterWriter: cluster.writer,
    redact: (text) => text.replaceAll('s3cr3t', '(hidden)'),
  })
  const data = (key: string): unknown => field(cluster.objects.get(recordKey), 'data', key)

  beforeEach(() => {
    cluster = fakeCluster()
    clock = virtualClock()
  })

  it('is reset by a new run before its first change, so that nobody waits on the one before', async () => {
    await beginRecord(runOf('run-1'), { ...running, step: 'backup' }, portsOf(1))
    await updateRecord(runOf('run-1'), { phase: 'Succeeded', message: 'verified' }, portsOf(1))
    assert.equal(data('phase'), 'Succeeded')
    await beginRecord(runOf('run-2'), running, portsOf(1))
    assert.deepEqual(
      [data('run'), data('phase'), data('step'), data('finishedAt')],
      ['run-2', 'Running', undefined, undefined],
    )
  })

  it('goes on with the same run, and is not written by a run that lost its lock', async () => {
    await beginRecord(runOf('run-1'), running, portsOf(1))
    const startedAt = data('startedAt')
    await clock.pass(60 * second)
    await beginRecord(runOf('run-1'), running, portsOf(2))
    assert.equal(data('startedAt'), startedAt)
    await beginRecord(runOf('run-2'), running, portsOf(2))
    assert.equal(await updateRecord(runOf('run-1'), { phase: 'Failed', message: 'late' }, portsOf(1)), false)
    assert.deepEqual([data('run'), data('phase')], ['run-2', 'Running'])
  })

  it('holds no secret, and says so where it cannot be written', async () => {
    await beginRecord(runOf('run-1'), { ...running, message: 'with s3cr3t' }, portsOf(1))
    assert.ok(!JSON.stringify(cluster.objects.get(recordKey)).includes('s3cr3t'))
    const refusal = { status: 403, reason: 'Forbidden', message: 'cannot patch configmaps' }
    const clusterWriter = { ...cluster.writer, apply: async () => ({ ok: false as const, refusal }) }
    await assert.rejects(beginRecord(runOf('run-1'), running, { ...portsOf(1), clusterWriter }), {
      code: 'ApiFailure',
      message: 'write the record of the run: cannot patch configmaps',
    })
  })

  it('tells a run that died, and the next command writes that down', async () => {
    const lock = await takeLock(release, 'run-1', portsOf(1))
    await beginRecord(runOf('run-1'), { ...running, step: 'helm' }, portsOf(1))
    assert.equal((await readRun(release, portsOf(1))).state, 'running')
    assert.equal(await markDied(release, portsOf(2)), undefined)
    await lock.release()
    assert.equal((await readRun(release, portsOf(1))).state, 'died')
    const next = await takeLock(release, 'run-2', portsOf(2))
    const died = await markDied(release, portsOf(2))
    assert.equal(died?.run, 'run-1')
    assert.deepEqual([data('run'), data('phase')], ['run-1', 'Failed'])
    assert.match(String(data('conditions')), /"reason":"RunDied","message":"the run ended during step helm/)
    assert.equal((await readRun(release, portsOf(1))).state, 'died')
    assert.equal(await markDied(release, portsOf(2)), undefined)
    await next.release()
  })

  it('is waited for until the run is over', async () => {
    const told: string[] = []
    const progress = (event: ProgressEvent): void => {
      if (event.type === 'step-progress') told.push(event.message)
    }
    const ports = { ...portsOf(2), progress }
    const waiting = awaitRun(release, { timeoutMs: 600 * second }, ports)
    await clock.pass(5 * second)
    const lock = await takeLock(release, 'run-1', portsOf(1))
    await beginRecord(runOf('run-1'), { ...running, hop: '1/2', step: 'backup' }, portsOf(1))
    const begun = await awaitRun(release, { timeoutMs: 0, phase: 'Running' }, ports)
    assert.deepEqual([begun.state, begun.timedOut], ['running', false])
    await clock.pass(120 * second)
    await updateRecord(runOf('run-1'), { phase: 'Succeeded', message: 'verified' }, portsOf(1))
    await clock.pass(1 * second)
    const { state, timedOut, record } = await waiting
    assert.deepEqual([state, timedOut, record?.run], ['succeeded', false, 'run-1'])
    assert.match(told.join('\n'), /^no run has begun yet\nrun run-1, hop 1\/2, step backup, since 2026/)
    await lock.release()
  })

  it('is not waited for longer than told, nor after a death', async () => {
    const waiting = awaitRun(release, { timeoutMs: 10 * second }, portsOf(2))
    await clock.pass(11 * second)
    const { timedOut, state } = await waiting
    assert.deepEqual([timedOut, state], [true, 'none'])
    await beginRecord(runOf('run-1'), running, portsOf(1))
    assert.equal((await awaitRun(release, { timeoutMs: 10 * second }, portsOf(2))).state, 'died')
  })

  it('is waited for through a loss of the server, but not where it may not be read', async () => {
    await beginRecord(runOf('run-1'), { phase: 'Failed', message: 'no' }, portsOf(1))
    let lost = 3
    const readObject = async (...words: Parameters<typeof cluster.reader.readObject>): Promise<never> => {
      if (lost-- > 0) throw new Error('connection refused')
      return (await cluster.reader.readObject(...words)) as never
    }
    const waiting = awaitRun(release, { timeoutMs: 60 * second }, { ...portsOf(2), cluster: { readObject } })
    await clock.pass(10 * second)
    assert.equal((await waiting).state, 'failed')
    const forbidden = new UpgradeError('ApiFailure', 'forbidden', { status: '403' })
    const never = { readObject: async (): Promise<never> => Promise.reject(forbidden) }
    await assert.rejects(
      awaitRun(release, { timeoutMs: 60 * second }, { ...portsOf(2), cluster: never }),
      (error) => error === forbidden,
    )
  })

  it('is what events are about, and what keeps events from being written is said once', async () => {
    const notes: string[] = []
    const progress = (event: ProgressEvent): void => {
      if (event.type === 'note') notes.push(event.message)
    }
    const tell = runEvents(release, { ...portsOf(1), progress })
    await tell('MeshUpgradeStarted', 'with s3cr3t')
    await beginRecord(runOf('run-1'), running, portsOf(1))
    await tell('MeshUpgradeFailed', 'no')
    const events = [...cluster.objects.values()].filter(({ kind }) => kind === 'Event')
    assert.deepEqual(
      events.map((event) => [event.type, event.message, field(event, 'involvedObject', 'kind')]),
      [
        ['Normal', 'with (hidden)', 'Namespace'],
        ['Warning', 'no', 'ConfigMap'],
      ],
    )
    const create = async (): Promise<never> => Promise.reject(new Error('cut off'))
    const cannot = runEvents(release, { ...portsOf(1), clusterWriter: { create }, progress })
    await cannot('MeshUpgradeStarted', 'x')
    await cannot('MeshUpgradeSucceeded', 'x')
    assert.deepEqual(notes, ['events of the run could not be written: cut off'])
  })
})
