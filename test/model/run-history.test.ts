import assert from 'node:assert/strict'
import fc from 'fast-check'
import { chainEntry, type JournalEntry, type JournalLine } from '../../src/model/journal.js'
import {
  historyText,
  historyWith,
  joinHistory,
  parseHistory,
  runOutcomes,
  summaryOfKept,
  type HistoryItem,
  type KeptRun,
  type RunSummary,
} from '../../src/model/run-history.js'
import { bytesText, choosePruned, keptTooMuch } from '../../src/model/run-retention.js'
import { buildRunRecord, diedRecord, type RunChange, type RunRecord } from '../../src/model/run-record.js'

const identity = { from: '1', to: '2', planDigest: 'd', holder: 'anna@laptop pid 1', location: 'laptop:/r' }
const at = (minute: number): string => `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000Z`

function recordOf(changes: [runId: string, change: RunChange][]): RunRecord | undefined {
  return changes.reduce<RunRecord | undefined>(
    (before, [runId, change], index) => buildRunRecord({ runId, ...identity }, change, before, at(index)),
    undefined,
  )
}

describe('the history in the record of a run', () => {
  const running = { phase: 'Running', message: '' } as const

  it('has one entry a run, newest first, that follows the run', () => {
    const record = recordOf([
      ['a', running],
      ['a', { phase: 'Failed', message: '' }],
      ['b', running],
      ['b', { phase: 'Succeeded', message: '' }],
      ['b', { ...running, hop: 'rollback' }],
      ['b', { phase: 'RolledBack', hop: 'rollback', message: '' }],
      ['c', running],
    ])
    const times = record?.history?.map(({ startedAt, finishedAt, rolledBackAt }) =>
      [startedAt, finishedAt, rolledBackAt].map((each) => each?.slice(14, 16)),
    )
    assert.deepEqual(times, [
      ['06', undefined, undefined],
      ['02', '03', '05'],
      ['00', '01', undefined],
    ])
    assert.deepEqual(
      record?.history?.map(({ run, outcome }) => `${run} ${outcome}`),
      [...['c running', 'b rolled-back', 'a failed']],
    )
    assert.equal(record && diedRecord(record, 'gone', at(9)).history?.[0]?.outcome, 'died')
  })

  it('holds no more than twenty runs and 16 KiB, whatever they are called', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 2000 })
    fc.assert(
      fc.property(fc.array(fc.tuple(name, name), { maxLength: 40 }), (runs) => {
        const list = runs.reduce<RunSummary[]>(
          (before, [run, holder]) => historyWith(before, { run, outcome: 'failed', holder }),
          [],
        )
        assert.ok(list.length <= 20)
        assert.ok(list.length <= 1 || Buffer.byteLength(historyText(list)) <= 16 * 1024)
        const last = runs.at(-1)?.[0]
        if (new Set(runs.map(([run]) => run)).size === runs.length) assert.equal(list[0]?.run, last)
      }),
      { numRuns: 50 },
    )
  })

  it('lets the oldest go where the texts are long', () => {
    const list = Array.from({ length: 20 }, (_, index) => String(index)).reduce<RunSummary[]>(
      (before, run) => historyWith(before, { run, outcome: 'failed', holder: 'é'.repeat(1000) }),
      [],
    )
    assert.ok(Buffer.byteLength(historyText(list)) <= 16 * 1024)
    assert.deepEqual([list[0]?.run, list.length], ['19', 8])
  })

  it('is read from anything without an exception, and drives no terminal', () => {
    const entry = fc.dictionary(
      fc.constantFrom('run', 'outcome', 'from', 'holder', 'startedAt', 'x'),
      fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue(), fc.constantFrom(...runOutcomes)),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.array(entry).map((each) => JSON.stringify(each)),
        ),
        (text) => {
          for (const { run, outcome, ...rest } of parseHistory(text)) {
            assert.ok(run !== '' && runOutcomes.includes(outcome))
            for (const each of [run, ...Object.values(rest)]) {
              assert.ok(typeof each === 'string' && !/[\u0000-\u001F\u007F-\u009F]/.test(each))
            }
          }
        },
      ),
    )
    const list: RunSummary[] = [{ run: 'a', outcome: 'died', from: '1', location: 'h:/x' }]
    assert.deepEqual(parseHistory(historyText(list)), list)
  })
})

function kept(runId: string, lines: [part: string, phase: JournalLine['phase']][], more = {}): KeptRun {
  const entries = lines.reduce<JournalEntry[]>((before, [part, phase], index) => {
    const line = { runId, at: at(index), part, stepId: 'run', phase, message: '', evidence: { holder: 'me' } }
    return [...before, chainEntry(before.at(-1), line)]
  }, [])
  return { runId, location: `h:/${runId}`, folder: `/${runId}`, bytes: 10, entries, ...more }
}

describe('a run that is kept on this machine', () => {
  it('is as its journal says', () => {
    const of = (lines: Parameters<typeof kept>[1], held = false): unknown[] => {
      const { outcome, startedAt, finishedAt, holder } = summaryOfKept(kept('a', lines), held)
      return [outcome, startedAt, finishedAt, holder]
    }
    assert.deepEqual(of([['run', 'started']]), ['died', at(0), undefined, 'me'])
    assert.equal(of([['run', 'started']], true)[0], 'running')
    const done: Parameters<typeof kept>[1] = [
      ['run', 'started'],
      ['run', 'succeeded'],
    ]
    assert.deepEqual(of(done), ['succeeded', at(0), at(1), 'me'])
    assert.equal(of([...done, ['rollback', 'started']])[0], 'died')
    assert.equal(of([...done, ['rollback', 'started'], ['rollback', 'succeeded']])[0], 'rolled-back')
    assert.equal(summaryOfKept(kept('a', done, { damage: 'torn' }), false).outcome, 'unknown')
  })

  it('is joined with what the cluster tells, which knows of other machines', () => {
    const recorded: RunSummary[] = [
      { run: 'c', outcome: 'running', startedAt: at(5) },
      { run: 'b', outcome: 'running', startedAt: at(4) },
      { run: 'a', outcome: 'succeeded', startedAt: at(1), finishedAt: at(2), holder: 'cluster' },
    ]
    const here = [kept('a', [['run', 'started']], { damage: 'torn' }), kept('z', [['run', 'started']])]
    const items = joinHistory(recorded, here, { lastRun: { run: 'c', outcome: 'running' } })
    assert.deepEqual(
      items.map(({ run, outcome, kept: mine }) => [run, outcome, mine?.damage]),
      [
        ['c', 'running', undefined],
        ['b', 'died', undefined],
        ['a', 'succeeded', 'torn'],
        ['z', 'died', undefined],
      ],
    )
    assert.deepEqual([items[2]?.holder, items[2]?.durationMs], ['cluster', 60_000])
  })

  it('does not believe an empty journal of a run that the cluster knows', () => {
    const recorded: RunSummary[] = [{ run: 'a', outcome: 'succeeded', startedAt: at(1) }]
    const items = joinHistory(recorded, [kept('a', []), kept('z', [])], {})
    assert.deepEqual(
      items.map(({ run, kept: mine }) => [run, mine?.damage]),
      [
        ['a', 'its journal is empty'],
        ['z', undefined],
      ],
    )
  })
})

describe('choosePruned', () => {
  const item = (run: string, outcome: HistoryItem['outcome'], minute: number, more = {}): HistoryItem => {
    return { run, outcome, startedAt: at(minute), kept: { folder: `/${run}`, bytes: 1 }, ...more }
  }
  const going = (items: HistoryItem[], rule: Parameters<typeof choosePruned>[1], whole?: string): string =>
    choosePruned(items, rule, whole)
      .flatMap(({ item: { run }, why }) => (why ? [] : [run]))
      .join('')

  it('keeps what was asked for, by count, by age, and by both', () => {
    const items = ['e', 'd', 'c', 'b', 'a'].map((run, index) => item(run, 'succeeded', 50 - index * 10))
    assert.equal(going(items, { keep: 2 }), 'cba')
    assert.equal(going(items, { before: Date.parse(at(25)) }), 'ba')
    assert.equal(going(items, { keep: 4, before: Date.parse(at(25)) }), 'a')
    assert.equal(going(items, {}), '')
    assert.equal(going(items, { keep: 0 }, 'c'), 'edba')
  })

  it('never takes one that may be needed, whatever is asked', () => {
    const outcomes = fc.constantFrom(...runOutcomes)
    const runs = fc.array(fc.record({ outcome: outcomes, damaged: fc.boolean(), here: fc.boolean() }), {
      maxLength: 8,
    })
    const rule = fc.record({ keep: fc.nat(9), before: fc.nat() }, { requiredKeys: [] })
    fc.assert(
      fc.property(runs, rule, fc.nat(8), (facts, asked, whole) => {
        const items = facts.map(({ outcome, damaged, here }, index) => ({
          ...{ run: String(index), outcome, startedAt: at(59 - index) },
          ...(here ? { kept: { folder: '/', bytes: 1, ...(damaged ? { damage: 'x' } : {}) } } : {}),
        }))
        for (const { item: gone, why } of choosePruned(items, asked, String(whole))) {
          if (why !== undefined) continue
          assert.ok(gone.run !== String(whole) && gone.kept.damage === undefined)
          assert.ok(!['running', 'died', 'interrupted', 'unknown'].includes(gone.outcome))
          assert.ok(gone.run !== '0' || gone.outcome !== 'failed')
        }
      }),
    )
  })

  it('is offered where much is kept', () => {
    assert.equal(keptTooMuch({ runs: 20, bytes: 1024 ** 3 }), undefined)
    assert.match(keptTooMuch({ runs: 21, bytes: 3_355_443 }) ?? '', /^21 runs of this release .* 3\.2 MiB/)
    assert.match(keptTooMuch({ runs: 1, bytes: 1024 ** 3 + 1 }) ?? '', /1\.0 GiB/)
    assert.deepEqual([0, 1023, 1024, 150 * 1024 ** 2].map(bytesText), ['0 B', '1023 B', '1.0 KiB', '150 MiB'])
  })
})
