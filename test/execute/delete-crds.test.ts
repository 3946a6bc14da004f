import assert from 'node:assert/strict'
import { awaitGone } from '../../src/execute/await-gone.js'
import type { RunContext } from '../../src/execute/run-context.js'
import { resumeSteps, runSteps, type StepRunners } from '../../src/execute/run-steps.js'
import { deleteCrds } from '../../src/execute/steps/delete-crds.js'
import type { JournalEntry } from '../../src/model/journal.js'
import type { LiveCrd, RawObject } from '../../src/model/crd.js'
import { awaySince, resourcesAway } from '../../src/model/resources-away.js'
import type { Step } from '../../src/model/step.js'
import { aCrd } from '../support/builders.js'
import { fakeClock, refusing } from '../support/fake-ports.js'

const step: Step = {
  ...{ id: 'delete-crds', type: 'delete-crds', crds: ['things.example.com'], title: 'delete', mutates: true },
  commands: [],
}

function aLiveCrd(uid: string): LiveCrd {
  const object = aCrd('things.example.com', { v1: {} })
  return { name: object.metadata.name, object: { ...object, metadata: { ...object.metadata, uid } }, raw: '' }
}

function aContext(live: LiveCrd[], objects: string[] = []): { context: RunContext; deleted: string[] } {
  const deleted: string[] = []
  const clock = { ...fakeClock(0), time: 0 }
  clock.now = () => clock.time
  clock.sleep = async (ms) => void (clock.time += ms)
  const never = new AbortController().signal
  const page = objects.map((raw) => ({ namespace: 'n', name: 'one', raw, uid: 'x' }) as RawObject)
  const context = {
    ...{ steps: [step], part: 'hop-1', payload: { timeoutMs: 5_000 } },
    interrupts: { finishStep: never, stopNow: never },
    files: refusing({
      openBackup: async () => ({ files: [] }),
      readBackupCrds: async () => [aLiveCrd('old')],
      readBackupSummaries: async () => [],
    }),
    ports: {
      ...{ clock, progress: () => undefined, redact: (text: string) => text },
      cluster: refusing({
        readCrds: async () => live,
        eachRawPage: async (_kind: unknown, onPage: (page: RawObject[]) => Promise<void>) => onPage(page),
      }),
      clusterWriter: refusing({
        delete: async (_ref: unknown, uid: string) => {
          deleted.push(uid)
          live.length = 0
          return true
        },
      }),
    },
    store: { location: { runId: 'r' }, appendJournal: async () => undefined },
  } as unknown as RunContext
  return { context, deleted }
}

describe('deleteCrds', () => {
  it('deletes the CRD of the backup, by its uid', async () => {
    const { context, deleted } = aContext([aLiveCrd('old')])
    await deleteCrds.run(step, context)
    assert.deepEqual(deleted, ['old'])
  })

  it('leaves a CRD that was made again alone, and takes its work for done', async () => {
    const { context, deleted } = aContext([aLiveCrd('new')])
    assert.equal((await deleteCrds.probe(step, context)).state, 'done')
    await deleteCrds.run(step, context)
    assert.deepEqual(deleted, [])
  })

  it('deletes nothing while an object is not in the backup', async () => {
    const { context, deleted } = aContext([aLiveCrd('old')], ['{"metadata":{}}'])
    await assert.rejects(
      deleteCrds.run(step, context),
      /1 things were made or changed after the backup: n\/one/,
    )
    assert.deepEqual(deleted, [])
  })

  it('names what holds a deletion', async () => {
    const held = '{"metadata":{"finalizers":["example.com/hold"]}}'
    const { context } = aContext([aLiveCrd('old')], [held])
    await assert.rejects(
      awaitGone([aLiveCrd('old')], context, 5_000),
      /still being deleted: thing n\/one has the finalizer example\.com\/hold/,
    )
  })
})

describe('between deletion and return', () => {
  const steps = ['backup', 'delete-crds', 'apply-crds', 'restore-resources', 'verify'].map(
    (type) => ({ id: type, type, title: type, mutates: true, commands: [] }) as unknown as Step,
  )

  for (const [name, work] of Object.entries({ runSteps, resumeSteps })) {
    it(`${name} does not stop for an interruption`, async () => {
      const interrupt = new AbortController()
      const ran: string[] = []
      const runner = {
        run: async ({ id }: Step, { interrupts }: RunContext) => {
          ran.push(id)
          if (id === 'delete-crds') interrupt.abort()
          if (id === 'apply-crds') assert.equal(interrupts.finishStep.aborted, false)
        },
        probe: async () => ({ state: 'not-done', message: '' }),
      }
      const runners = Object.fromEntries(steps.map(({ type }) => [type, runner])) as unknown as StepRunners
      const context = {
        ...aContext([]).context,
        ...{ steps, begin: async () => undefined, assertHeld: async () => undefined },
        interrupts: { finishStep: interrupt.signal, stopNow: interrupt.signal },
      } as RunContext
      const { failure } = await work(runners, context)
      assert.deepEqual(ran, ['backup', 'delete-crds', 'apply-crds', 'restore-resources'])
      assert.equal(failure?.stepId, 'verify')
    })
  }
})

describe('the time that custom resources are away', () => {
  const entries = (...evidence: Record<string, unknown>[]): JournalEntry[] =>
    evidence.map((each) => ({ evidence: each }) as unknown as JournalEntry)
  const from = (second: number): Record<string, unknown> => ({ awayFrom: `2026-01-01T00:00:0${second}Z` })

  it('runs from the first deletion, over a crash and a resume, to the last object back', () => {
    assert.equal(awaySince(entries(from(1), from(3))), Date.parse('2026-01-01T00:00:01Z'))
    assert.equal(awaySince(entries(from(1), { awayMs: 5, awayObjects: 2 })), undefined)
    assert.equal(awaySince(entries({ awayFrom: 'nonsense' }, {})), undefined)
  })

  it('is summed up over hops', () => {
    const away = { awayMs: 5, awayObjects: 2 }
    assert.deepEqual(resourcesAway(entries(away, away)), { ms: 10, objects: 4 })
    assert.equal(resourcesAway(entries({})), undefined)
  })
})
