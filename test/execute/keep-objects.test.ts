import assert from 'node:assert/strict'
import type { RunContext } from '../../src/execute/run-context.js'
import { keepObjects } from '../../src/execute/steps/keep-objects.js'
import type { ApplyResult } from '../../src/model/api-result.js'
import type { KubeObject } from '../../src/model/kube-object.js'
import type { Step } from '../../src/model/step.js'
import { fakeClock } from '../support/fake-ports.js'

const apiVersion = 'admissionregistration.k8s.io/v1'
const kind = 'MutatingWebhookConfiguration'
const step: Step = {
  ...{ id: 'keep-objects', type: 'keep-objects', title: 'keep', mutates: true, commands: [] },
  objects: [{ apiVersion, kind, name: 'inject' }],
}

/** Runs the step where `live` is there; gives what was applied and what the journal holds. */
async function run(
  live: KubeObject | undefined,
  answer?: ApplyResult,
): Promise<{ applied: KubeObject[]; journal: string[] }> {
  const [applied, journal]: [KubeObject[], string[]] = [[], []]
  const ports = {
    clock: fakeClock(),
    progress: () => undefined,
    redact: (text: string) => text,
    cluster: { readObject: async () => live },
    clusterWriter: {
      apply: async (object: KubeObject) => {
        applied.push(object)
        return answer ?? { ok: true, object }
      },
    },
  }
  const store = {
    location: { runId: 'run-1', folder: '', backupFolder: '' },
    appendJournal: async ({ message }: { message: string }) => void journal.push(message),
  }
  await keepObjects.run(step, { ports, store } as unknown as RunContext)
  return { applied, journal }
}

describe('keepObjects', () => {
  it('applies the annotation and nothing else', async () => {
    const live = { apiVersion, kind, metadata: { name: 'inject', uid: 'u' }, webhooks: [] }
    const { applied, journal } = await run(live)
    const annotations = { 'helm.sh/resource-policy': 'keep' }
    assert.deepEqual(applied, [{ apiVersion, kind, metadata: { name: 'inject', annotations } }])
    assert.match(journal[0] ?? '', /annotate MutatingWebhookConfiguration inject/)
  })

  it('does not make an object that is not there', async () => {
    const { applied, journal } = await run(undefined)
    assert.deepEqual(applied, [])
    assert.match(journal[0] ?? '', /nothing to keep/)
  })

  it("fails with the server's words", async () => {
    const live = { apiVersion, kind, metadata: { name: 'inject' } }
    const refusal = { status: 403, reason: 'Forbidden', message: 'you may not patch it' }
    await assert.rejects(run(live, { ok: false, refusal }), /annotate .*you may not patch it/)
  })
})
