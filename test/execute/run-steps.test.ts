import assert from 'node:assert/strict'
import type { RunContext } from '../../src/execute/run-context.js'
import { resumeSteps, runSteps, type StepRunners } from '../../src/execute/run-steps.js'
import type { JournalLine } from '../../src/model/journal.js'
import type { Step } from '../../src/model/step.js'
import { fakeClock } from '../support/fake-ports.js'

const steps: Step[] = [
  { id: 'backup', type: 'backup', title: 'back up', crds: [], mutates: false, commands: [] },
  { id: 'apply-crds', type: 'apply-crds', title: 'CRDs', crds: [], mutates: true, commands: [] },
  { id: 'verify', type: 'verify', title: 'verify', mutates: false, commands: [] },
]

interface Faults {
  /** Type of the step that fails. */
  failing?: Step['type']
  journalFails?: boolean
  /** Steps whose work is done already. */
  done?: string[]
  lockLost?: boolean
}

function makeRun({ failing, journalFails = false, done = [], lockLost = false }: Faults = {}): {
  context: RunContext
  runners: StepRunners
  journal: JournalLine[]
  ran: string[]
  abort: AbortController
} {
  const journal: JournalLine[] = []
  const ran: string[] = []
  const abort = new AbortController()
  const runner = {
    async run(step: Step): Promise<void> {
      ran.push(step.id)
      if (step.type === failing) throw new Error(`no ${step.id} with token s3cr3t`)
    },
    probe: async (step: Step) =>
      done.includes(step.id)
        ? ({ state: 'done', message: 'it is there' } as const)
        : ({ state: 'not-done', message: 'it is not there' } as const),
  }
  const store = {
    location: { runId: 'run-1', folder: '/f', backupFolder: '/f/backup' },
    appendJournal: async (entry: JournalLine) => {
      if (journalFails && entry.phase === 'started') throw new Error('disk full')
      journal.push(entry)
    },
  }
  const ports = {
    clock: fakeClock(),
    progress: () => undefined,
    redact: (text: string) => text.replace('s3cr3t', '(hidden)'),
  }
  const interrupts = { finishStep: abort.signal, stopNow: new AbortController().signal }
  const context = {
    ...{ part: 'hop-1', hop: 1, steps, store, ports, interrupts, begin: async () => undefined },
    assertHeld: async () => {
      if (lockLost) throw new Error('another run holds the lock')
    },
  } as unknown as RunContext
  const runners = Object.fromEntries(
    ['backup', 'apply-crds', 'upgrade-release', 'wait-rollout', 'verify'].map((type) => [type, runner]),
  )
  return { context, runners: runners as unknown as StepRunners, journal, ran, abort }
}

describe('runSteps', () => {
  it('journals before and after every step', async () => {
    const { context, runners, journal } = makeRun()
    assert.deepEqual((await runSteps(runners, context)).doneSteps, ['backup', 'apply-crds', 'verify'])
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
    const early = makeRun({ failing: 'backup' })
    assert.deepEqual((await runSteps(early.runners, early.context)).failure?.changed, false)
    const { context, runners, journal, ran } = makeRun({ failing: 'apply-crds' })
    const { failure } = await runSteps(runners, context)
    assert.deepEqual(failure, {
      ...{ step: 'CRDs', stepId: 'apply-crds', changed: true },
      message: 'no apply-crds with token (hidden)',
    })
    assert.deepEqual([ran, journal.at(-1)?.phase], [['backup', 'apply-crds'], 'failed'])
    assert.ok(!JSON.stringify(journal).includes('s3cr3t'))
  })

  it('does no step that could not be journalled', async () => {
    const { context, runners, ran } = makeRun({ journalFails: true })
    const { failure } = await runSteps(runners, context)
    assert.deepEqual([failure?.message, ran], ['disk full', []])
  })

  it('begins no step once interrupted', async () => {
    const { context, runners, ran, abort } = makeRun()
    abort.abort()
    const { failure } = await runSteps(runners, context)
    assert.deepEqual([failure?.changed, ran], [false, []])
  })

  it('changes nothing once the lock is lost', async () => {
    const { context, runners, ran } = makeRun({ lockLost: true })
    const { failure } = await runSteps(runners, context)
    assert.deepEqual([failure?.message, ran], ['another run holds the lock', ['backup']])
  })

  it('leaves out on resume what is done, whatever the journal says, and does all else', async () => {
    const { context, runners, journal, ran } = makeRun({ done: ['backup', 'apply-crds'] })
    const { doneSteps } = await resumeSteps(runners, context)
    assert.deepEqual([doneSteps, ran], [['backup', 'apply-crds', 'verify'], ['verify']])
    assert.deepEqual(
      journal.map(({ stepId, phase }) => `${stepId} ${phase}`),
      ['backup skipped', 'apply-crds skipped', 'verify started', 'verify succeeded'],
    )
  })
})
