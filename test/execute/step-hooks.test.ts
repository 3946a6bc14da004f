import assert from 'node:assert/strict'
import type { RunContext } from '../../src/execute/run-context.js'
import type { PartHooks } from '../../src/execute/run-hooks.js'
import { resumeSteps, runSteps, type StepRunners } from '../../src/execute/run-steps.js'
import type { Step } from '../../src/model/step.js'
import { fakeClock } from '../support/fake-ports.js'

const common = { title: 'x', mutates: true, commands: [] }
const steps: Step[] = [
  { ...common, id: 'away', type: 'delete-crds', crds: [] },
  { ...common, id: 'crds', type: 'apply-crds', crds: [] },
  { ...common, id: 'back', type: 'restore-resources', crds: [] },
  { ...common, id: 'verify', type: 'verify', mutates: false },
]

/** What was called, in order; hooks named in `fails` fail. */
function setUp(fails: string[] = [], { failing = '', done = [] as string[] } = {}) {
  const log: string[] = []
  const hooks: PartHooks = async (event, { step, outcome = '', mayNotStop }) => {
    const name = `${event} ${step?.id ?? ''}`
    log.push([name, outcome, ...(mayNotStop ? ['!'] : [])].join(' ').trim())
    if (fails.includes(name)) throw new Error('no')
  }
  const runner = {
    async run({ id }: Step): Promise<void> {
      log.push(id)
      if (id === failing) throw new Error('broken')
    },
    probe: async ({ id }: Step) => ({ state: done.includes(id) ? 'done' : 'not-done', message: '' }) as const,
  }
  const { signal } = new AbortController()
  const context = {
    ...{ part: 'hop-1', hop: 1, steps, hooks, interrupts: { finishStep: signal, stopNow: signal } },
    store: { location: { runId: 'r' }, appendJournal: async () => undefined },
    ports: { clock: fakeClock(), progress: () => undefined, redact: (text: string) => text },
    ...{ begin: async () => undefined, assertHeld: async () => undefined },
  } as unknown as RunContext
  const types = ['delete-crds', 'apply-crds', 'restore-resources', 'verify']
  const runners = Object.fromEntries(types.map((type) => [type, runner])) as unknown as StepRunners
  return { log, context, runners }
}

describe('hooks of steps', () => {
  it('run around each step', async () => {
    const { log, context, runners } = setUp()
    await runSteps(runners, context)
    assert.deepEqual(log.slice(0, 3), ['before-step away', 'away', 'after-step away succeeded !'])
    assert.deepEqual(log.slice(-3), ['before-step verify', 'verify', 'after-step verify succeeded'])
  })

  it('keep a step from being done, with nothing changed by it', async () => {
    const { log, context, runners } = setUp(['before-step away'])
    const { failure, doneSteps } = await runSteps(runners, context)
    assert.deepEqual([failure?.changed, failure?.stepId, doneSteps], [false, 'away', []])
    assert.deepEqual(log, ['before-step away'])
  })

  it('stop the run after a step that is done', async () => {
    const { context, runners } = setUp(['after-step back'])
    const { failure, doneSteps } = await runSteps(runners, context)
    assert.deepEqual(
      [failure?.stepId, failure?.changed, doneSteps],
      [undefined, true, ['away', 'crds', 'back']],
    )
  })

  it('stop nothing while custom resources are away', async () => {
    const { context, runners } = setUp(['after-step away', 'before-step crds', 'before-step back'])
    assert.equal((await runSteps(runners, context)).failure, undefined)
  })

  it('are told of a failure, which stays the one that counts', async () => {
    const { log, context, runners } = setUp(['after-step verify'], { failing: 'verify' })
    assert.equal((await runSteps(runners, context)).failure?.message, 'broken')
    assert.equal(log.at(-1), 'after-step verify failed')
  })

  it('do not run for what a resumed run finds done', async () => {
    const { log, context, runners } = setUp([], { done: ['away', 'crds', 'back'] })
    await resumeSteps(runners, context)
    assert.deepEqual(log, ['before-step verify', 'verify', 'after-step verify succeeded'])
  })
})
