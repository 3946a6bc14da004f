import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { UpgradeError } from '../../src/errors.js'
import { findingCodes } from '../../src/model/finding-codes.js'
import type { MeshStatus } from '../../src/model/mesh-status.js'
import type { LockState } from '../../src/model/run-lock.js'
import type { RunRecord } from '../../src/model/run-record.js'
import { disagreements } from '../../src/report/crds.js'
import { formatDiagnosis } from '../../src/report/diagnosis.js'
import { documentOf, formatDocument } from '../../src/report/document.js'
import { errorDocument, formatError, nameProgram } from '../../src/report/errors.js'
import { formatExplanation } from '../../src/report/explain.js'
import { formatOutcome } from '../../src/report/outcome.js'
import { formatPlan } from '../../src/report/plan.js'
import { formatStatus } from '../../src/report/status.js'
import { commandLines, tableRows, visibleLength, wrap } from '../../src/report/text.js'
import { formatValues } from '../../src/report/values.js'
import { formatVerdict } from '../../src/report/verdict.js'
import type { View } from '../../src/report/view.js'
import { blockedPlan, crds, diagnosis, failedOutcome, goodOutcome, plan } from './samples.js'

const view: View = { colour: false, width: 100, program: 'kubectl mesh-upgrade' }

/** Compares with a file beside the tests; `UPDATE_GOLDEN=1` writes it. */
function matchesGolden(name: string, text: string): void {
  const file = fileURLToPath(new URL(`golden/${name}.txt`, import.meta.url))
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, text)
  assert.equal(text, readFileSync(file, 'utf8'))
}

const meshes: MeshStatus[] = [
  {
    ...{
      mesh: { id: 'osm', title: 'Open Service Mesh' },
      release: 'osm',
      namespace: 'osm-system',
      releaseRevision: 7,
    },
    ...{ releaseStatus: 'deployed', chartVersion: '0.9.2', appVersion: 'v0.9.2' },
    ...{ available: ['0.10.0', '0.11.1'], recommended: '0.10.0' },
  },
]

const [installed] = meshes
const since = '2026-01-01T12:00:00.123Z'
const heldLock: LockState = {
  ...{ holder: 'anna@laptop pid 4711', runId: '20260101t120000z-a1b2c3', state: 'held', process: 'unknown' },
  ...{ since, renewedAt: since, runsOutAt: '2026-01-01T12:00:30.123Z' },
}
const lastRun: RunRecord = {
  ...{ run: '20260101t120000z-a1b2c3', phase: 'Running', from: '0.9.2', to: '0.11.1', hop: '1/2' },
  ...{ step: 'upgrade-osm', startedAt: since, updatedAt: since, location: 'laptop:/home/anna/runs/1' },
  conditions: [],
}
const failed = { type: 'Failed', status: 'True', reason: 'RunDied', lastTransitionTime: since } as const
const meshesWithRuns: MeshStatus[] = [
  { ...installed!, lock: heldLock, lastRun: { ...lastRun, state: 'running' } },
  {
    ...installed!,
    release: 'died',
    lock: { ...heldLock, state: 'expired', process: 'gone' },
    lastRun: {
      ...{ ...lastRun, phase: 'Failed', finishedAt: since, state: 'died' },
      conditions: [{ ...failed, message: 'the run ended during step upgrade-osm without saying so' }],
    },
  },
  {
    ...{ ...installed!, release: 'away' },
    lastRun: { ...lastRun, step: 'delete-crds', state: 'died', resourcesAwaySince: since },
  },
  { ...installed!, release: 'done', lastRun: { ...lastRun, finishedAt: since, state: 'succeeded' } },
  { ...installed!, release: 'hidden', runUnknown: 'User "x" cannot get leases' },
]

const texts: Record<string, (view: View) => string> = {
  plan: (each) => formatPlan(plan, each),
  'plan-with-diff': (each) => formatPlan(plan, { ...each, showDiff: true }),
  'plan-blocked': (each) => formatPlan(blockedPlan, each),
  'plan-nothing-to-do': (each) => formatPlan({ ...plan, verdict: 'nothing-to-do', findings: [] }, each),
  'outcome-upgraded': (each) => formatOutcome(goodOutcome, each),
  'outcome-failed': (each) => formatOutcome(failedOutcome, each),
  diagnosis: (each) => formatDiagnosis(diagnosis, each),
  verdict: (each) => formatVerdict(goodOutcome.verdict!, each),
  status: (each) => formatStatus(meshes, each),
  'status-runs': (each) => formatStatus(meshesWithRuns, each),
  values: (each) => formatValues(plan, each),
  error: (each) =>
    formatError(
      errorDocument(
        new UpgradeError('ReleaseAmbiguous', 'several meshes are installed', { choices: 'osm, osm-edge' }),
        each.program,
      ),
      each,
    ),
}

describe('reports', () => {
  for (const [name, format] of Object.entries(texts)) {
    it(`${name} is as in golden/${name}.txt`, () => matchesGolden(name, format(view)))

    it(`${name} has the same words in colour`, () => {
      const coloured = format({ ...view, colour: true })
      assert.equal(coloured.replace(/\u001B\[[0-9;]*m/g, ''), format(view))
    })
  }

  it('names the program that was typed', () => {
    const other = { ...view, program: 'kubectl mesh upgrade' }
    assert.ok(!formatPlan(plan, other).includes('kubectl mesh-upgrade'))
    assert.match(formatOutcome(failedOutcome, other), /kubectl mesh upgrade troubleshoot osm/)
    assert.equal(nameProgram('{program} explain', 'helm upgrade-check'), 'kubectl mesh-upgrade explain')
  })

  it('keeps to the width of the terminal but for words that are longer', () => {
    for (const width of [60, 80, 100, 140]) {
      const tooLong = formatPlan(blockedPlan, { ...view, width })
        .split('\n')
        .filter(
          (line) => visibleLength(line) > width && !/^ {2}\S+openservicemesh|^ {2}\S+smi-spec/.test(line),
        )
      assert.deepEqual(tooLong, [], String(width))
    }
  })

  it('says where release notes, chart and cluster disagree', () => {
    assert.deepEqual(
      crds.map((each) => disagreements(each).length),
      [1, 0, 0],
    )
    const drifted = { ...crds[2]!, differences: ['x'], managers: ['kubectl-edit'] }
    assert.match(disagreements(drifted)[0] ?? '', /not that of the chart \(written by kubectl-edit\)/)
  })

  it('explains every code', () => {
    for (const [code, entry] of Object.entries(findingCodes)) {
      assert.match(formatExplanation({ [code]: entry }, view), new RegExp(`^${code} {2}`))
    }
    assert.equal(
      formatExplanation(findingCodes, view).trim().split('\n').length >= Object.keys(findingCodes).length,
      true,
    )
  })
})

describe('documents', () => {
  it('give the same data as JSON and as YAML', async () => {
    const { load } = await import('js-yaml')
    const document = documentOf('UpgradeOutcome', failedOutcome)
    assert.deepEqual(load(formatDocument(document, 'yaml')), JSON.parse(formatDocument(document, 'json')))
  })

  it('tell in what state an error leaves things', () => {
    const error = new UpgradeError('ReleaseAbsent', 'helm has no release x', { remedy: '{program} y' })
    const document = errorDocument(error, 'kubectl mesh-upgrade', 'nothing was changed')
    assert.equal(document.state, 'nothing was changed')
    assert.equal(
      formatError(document, view),
      'Error: helm has no release x; nothing was changed\n  → kubectl mesh-upgrade y\n',
    )
    assert.ok(!('state' in errorDocument(error, 'kubectl mesh-upgrade')))
  })

  it('repeat at the end what blocks, since a plan may be long', () => {
    const [blocker] = blockedPlan.findings.filter(({ severity }) => severity === 'error')
    const outcome = { result: 'blocked' as const, plan: blockedPlan, doneSteps: [], elapsedMs: 0 }
    const text = formatOutcome(outcome, view)
    assert.match(text, /^✖ refused; nothing was changed\n✖ MU\d+ {2}/)
    assert.ok(text.includes(blocker?.code ?? 'none'))
  })

  it('tell an error with its exit code, whatever was thrown', () => {
    const known = errorDocument(
      new UpgradeError('LockHeld', 'held', { release: 'r', namespace: 'n', run: 'x' }),
      view.program,
    )
    assert.deepEqual([known.code, known.exitCode], ['LockHeld', 5])
    assert.match(known.remedy, /kubectl mesh-upgrade unlock r -n n --run x/)
    for (const thrown of [new Error('x'), 'x', undefined, null]) {
      assert.deepEqual(
        [errorDocument(thrown, view.program).code, errorDocument(thrown, view.program).exitCode],
        ['Internal', 1],
      )
    }
  })
})

describe('text', () => {
  const line = fc.string({ unit: 'grapheme-ascii' })

  it('wraps without losing a word', () => {
    const wordsOf = (text: string): string[] => text.split(/\s+/).filter(Boolean)
    fc.assert(
      fc.property(fc.array(line), fc.integer({ min: 20, max: 120 }), (parts, width) => {
        const text = parts.join(' ')
        assert.deepEqual(wordsOf(wrap(text, width, { indent: 2, hang: 2 })), wordsOf(text))
      }),
    )
  })

  it('breaks commands so that a shell reads the same words', () => {
    const word = fc.constantFrom('helm', "'a b  c'", '"x y"', '--set', 'a=b\\ c', 'x'.repeat(30))
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), (words) => {
        const lines = commandLines(words.join(' '), 40, 2)
        const joined = lines
          .map((each) => each.trim())
          .join('\n')
          .replaceAll(' \\\n', ' ')
        assert.equal(joined, words.join(' '))
      }),
    )
  })

  it('lays out rows of any length', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(line, { maxLength: 4 })),
        fc.integer({ min: 10, max: 100 }),
        (rows, width) => {
          assert.equal(tableRows(rows, width, 2).length, rows.length)
        },
      ),
    )
  })
})
