import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { LockState } from '../../src/model/run-lock.js'
import {
  buildRunRecord,
  diedRecord,
  parseRunRecord,
  recordObject,
  runPhases,
  runStateOf,
  type RunRecord,
} from '../../src/model/run-record.js'

const release = { name: 'osm', namespace: 'osm-system' }
const run = {
  ...{ runId: 'run-1', from: '0.9.2', to: '0.11.1', planDigest: 'sha256:1' },
  ...{ holder: 'anna@laptop pid 7', location: 'laptop:/runs/run-1' },
}
const lock: LockState = { holder: run.holder, runId: 'run-1', state: 'held', process: 'unknown' }
const begun = buildRunRecord(
  run,
  { phase: 'Running', message: 'started', hop: '1/2', step: 'backup', observedRevision: 7 },
  undefined,
  't1',
)

describe('the record of a run', () => {
  it('tells who, what, where and how far', () => {
    const { history, ...told } = begun
    const [from, to, holder, location] = [run.from, run.to, run.holder, run.location]
    const entry = { run: 'run-1', outcome: 'running', from, to, holder, location, startedAt: 't1' }
    assert.deepEqual(history, [entry])
    assert.deepEqual(told, {
      ...{ run: 'run-1', phase: 'Running', from: '0.9.2', to: '0.11.1', planDigest: 'sha256:1' },
      ...{ holder: 'anna@laptop pid 7', location: 'laptop:/runs/run-1', hop: '1/2', step: 'backup' },
      ...{ startedAt: 't1', updatedAt: 't1' },
      conditions: (['Progressing', 'Succeeded', 'Failed'] as const).map((type) => ({
        ...{ type, status: type === 'Progressing' ? 'True' : 'False', reason: 'Running', message: 'started' },
        ...{ observedRevision: 7, lastTransitionTime: 't1' },
      })),
    })
  })

  it('keeps since when a condition has its status, and when the run started', () => {
    const next = buildRunRecord(run, { phase: 'Running', message: 'on', step: 'verify' }, begun, 't2')
    assert.deepEqual([next.startedAt, next.updatedAt, next.hop, next.step], ['t1', 't2', '1/2', 'verify'])
    assert.deepEqual(
      next.conditions.map(({ lastTransitionTime }) => lastTransitionTime),
      ['t1', 't1', 't1'],
    )
    const done = buildRunRecord(run, { phase: 'Succeeded', message: 'verified' }, next, 't3')
    assert.deepEqual([done.phase, done.finishedAt], ['Succeeded', 't3'])
    assert.deepEqual(
      done.conditions.map(
        ({ type, status, lastTransitionTime }) => `${type} ${status} ${lastTransitionTime}`,
      ),
      ['Progressing False t3', 'Succeeded True t3', 'Failed False t1'],
    )
  })

  it('keeps nothing of another run', () => {
    const next = buildRunRecord({ ...run, runId: 'run-2' }, { phase: 'Running', message: 'x' }, begun, 't2')
    assert.deepEqual(
      [next.startedAt, next.hop, next.step, next.finishedAt],
      ['t2', undefined, undefined, undefined],
    )
    assert.ok(next.conditions.every(({ lastTransitionTime }) => lastTransitionTime === 't2'))
  })

  it('is the same after being written and read', () => {
    const text = fc.stringMatching(/^[a-z0-9/: .@→-]{1,40}$/).map((each) => each.trim() || 'x')
    fc.assert(
      fc.property(fc.constantFrom(...runPhases), text, text, fc.nat(), (phase, message, step, revision) => {
        const record = buildRunRecord(run, { phase, message, step, observedRevision: revision }, begun, 't2')
        assert.deepEqual(parseRunRecord(JSON.parse(JSON.stringify(recordObject(release, record)))), record)
      }),
    )
  })

  it('is read from anything without an exception, and drives no terminal', () => {
    const clean = (value: unknown): void => {
      if (typeof value === 'string') assert.ok(!/[\u0000-\u001F\u007F-\u009F]/.test(value))
      else if (value && typeof value === 'object') Object.values(value).forEach(clean)
    }
    const data = fc.dictionary(
      fc.constantFrom('run', 'phase', 'from', 'step', 'conditions', 'history', 'startedAt', 'x'),
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.json(),
        fc.jsonValue(),
        fc.constantFrom('Running', '\u001B[2J'),
      ),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          data.map((each) => ({ data: each })),
        ),
        (object) => {
          const record = parseRunRecord(object)
          clean(record)
          assert.ok([...runPhases, 'Unknown', undefined].includes(record?.phase))
          assert.equal(typeof runStateOf(record, lock), 'string')
        },
      ),
    )
    assert.equal(parseRunRecord(undefined), undefined)
    assert.equal(parseRunRecord({ data: { run: 'x', phase: 'Sideways' } })?.phase, 'Unknown')
  })
})

describe('runStateOf', () => {
  const of = (phase: RunRecord['phase'], held?: LockState): string => runStateOf({ ...begun, phase }, held)

  it('is running only while a lock of the same run is held', () => {
    assert.equal(of('Running', lock), 'running')
    assert.equal(of('Running', { ...lock, process: 'alive' }), 'running')
    assert.equal(of('Running'), 'died')
    assert.equal(of('Running', { ...lock, state: 'expired' }), 'died')
    assert.equal(of('Running', { ...lock, runId: 'run-2' }), 'died')
    assert.equal(of('Running', { ...lock, process: 'gone' }), 'died')
  })

  it('is how it ended, whoever holds the lock now', () => {
    assert.equal(runStateOf(undefined, lock), 'none')
    assert.deepEqual(
      runPhases.slice(1).map((phase) => of(phase, lock)),
      ['succeeded', 'failed', 'rolled-back', 'interrupted'],
    )
    assert.equal(of('Unknown', lock), 'unknown')
  })

  it('stays died when that was written down', () => {
    const died = diedRecord(begun, 'gone', 't9')
    assert.deepEqual([died.phase, died.finishedAt, died.startedAt], ['Failed', 't9', 't1'])
    assert.equal(runStateOf(parseRunRecord(recordObject(release, died)), undefined), 'died')
    const failed = died.conditions.find(({ type }) => type === 'Failed')
    assert.deepEqual([failed?.status, failed?.reason, failed?.observedRevision], ['True', 'RunDied', 7])
  })
})
