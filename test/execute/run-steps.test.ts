import assert from 'node:assert/strict'
import type { RunContext } from '../../src/execute/run-context.js'
import { runSteps, type StepRunners } from '../../src/execute/run-steps.js'
import type { JournalEntry } from '../../src/model/journal.js'
import type { Step } from '../../src/model/step.js'
import { fakeClock } from '../support/fake-ports.js'

const steps: Step[] = [
  { id: 'backup', type: 'backup', title: 'back up', crds: [], mutates: false, commands: [] },
  { id: 'apply-crds', type: 'apply-crds', title: 'CRDs', crds: [], mutates: true, commands: [] },
  { id: 'verify', type: 'verify', title: 'verify', mutates: false, commands: [] },
]

function makeRun(
  failing?: Step['type'],
  journalFails = false,
): {
  context: RunContext
  runners: StepRunners
  journal: JournalEntry[]
  ran: string[]
  abort: AbortController
} {
  const journal: JournalEntry[] = []
  const ran: string[] = []
  const abort = new AbortController()
  const runner = async (step: Step): Promise<void> => {
    ran.push(step.id)
    if (step.type === failing) throw new Error(`no ${step.id} with token s3cr3t`)
  }
  const store = {
    location: { runId: 'run-1', folder: '/f', backupFolder: '/f/backup' },
    appendJournal: async (entry: JournalEntry) => {
      if (journalFails && entry.phase === 'started') throw new Error('disk full')
      journal.push(entry)
    },
  }
  const ports = {
    clock: fakeClock(),
    progress: () => undefined,
    redact: (text: string) => text.replace('s3cr3t', '(hidden)'),
  }
  const context = { store, ports, signal: abort.signal } as unknown as RunContext
  const runners = Object.fromEntries(
    ['backup', 'apply-crds', 'upgrade-release', 'wait-rollout', 'verify'].map((type) => [type, runner]),
  )
  return { context, runners: runners as unknown as StepRunners, journal, ran, abort }
}

describe('runSteps', () => {
  it('journals before and after every step', async () => {
    const { context, runners, journal } = makeRun()
    assert.deepEqual((await runSteps(steps, runners, context)).doneSteps, ['back up', 'CRDs', 'verify'])
    assert.deepEqual(
      journal.map(({ stepId, phase }) => `${stepId} ${phase}`),
      [
        ...[
          'backup started',
          'backup succeeded',
          'apply-crds started',
          'apply-crds succeeded',
          'verify started',
          'verify succeeded',
        ],
      ],
    )
  })

  it('stops at the first failure, says whether anything changed, and hides secrets', async () => {
    const early = makeRun('backup')
    assert.deepEqual((await runSteps(steps, early.runners, early.context)).failure?.changed, false)
    const { context, runners, journal, ran } = makeRun('apply-crds')
    const { failure } = await runSteps(steps, runners, context)
    assert.deepEqual(failure, { step: 'CRDs', message: 'no apply-crds with token (hidden)', changed: true })
    assert.deepEqual([ran, journal.at(-1)?.phase], [['backup', 'apply-crds'], 'failed'])
    assert.ok(!JSON.stringify(journal).includes('s3cr3t'))
  })

  it('does no step that could not be journalled', async () => {
    const { context, runners, ran } = makeRun(undefined, true)
    const { failure } = await runSteps(steps, runners, context)
    assert.deepEqual([failure?.message, ran], ['disk full', []])
  })

  it('begins no step once interrupted', async () => {
    const { context, runners, ran, abort } = makeRun()
    abort.abort()
    const { failure } = await runSteps(steps, runners, context)
    assert.deepEqual([failure?.changed, ran], [false, []])
  })
})
