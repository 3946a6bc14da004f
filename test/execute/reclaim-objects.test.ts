import assert from 'node:assert/strict'
import type { RunContext } from '../../src/execute/run-context.js'
import { reclaimObjects } from '../../src/execute/steps/reclaim-objects.js'
import type { KubeObject } from '../../src/model/kube-object.js'
import type { ObjectRef } from '../../src/model/object-ref.js'
import type { Step } from '../../src/model/step.js'
import { aPayload } from '../support/builders.js'
import { fakeClock } from '../support/fake-ports.js'

const apiVersion = 'admissionregistration.k8s.io/v1'
const inject: ObjectRef = { apiVersion, kind: 'MutatingWebhookConfiguration', name: 'inject' }
const validate: ObjectRef = { apiVersion, kind: 'ValidatingWebhookConfiguration', name: 'validate' }
const step: Step = {
  ...{ id: 'reclaim-objects', type: 'reclaim-objects', title: '', mutates: true, commands: [] },
  ...{ objects: [inject], gone: [validate], release: 'osm', namespace: 'osm-system', toRevision: 1 },
}

function live(ref: ObjectRef, by: 'helm' | 'mesh'): KubeObject {
  const { name } = ref
  const marks = {
    annotations: { 'meta.helm.sh/release-name': 'osm' },
    labels: { 'app.kubernetes.io/managed-by': 'Helm' },
  }
  return { ...ref, metadata: { name, uid: `uid-${name}`, ...(by === 'helm' ? marks : {}) } }
}

/** Runs the step where these objects are there: what was deleted, and how often helm went back. */
async function run(objects: KubeObject[]): Promise<{ deleted: string[]; rollbacks: number; probed: string }> {
  const deleted: string[] = []
  let rollbacks = 0
  const ports = {
    ...{ clock: fakeClock(), progress: () => undefined, redact: (text: string) => text },
    cluster: {
      readObject: async (ref: ObjectRef) => objects.find(({ metadata }) => metadata.name === ref.name),
    },
    clusterWriter: { delete: async ({ name }: ObjectRef, uid: string) => deleted.push(`${name} ${uid}`) },
    helmWriter: {
      rollback: async () => {
        rollbacks++
        return { succeeded: true }
      },
    },
  }
  const never = new AbortController().signal
  const context = {
    ...{ ports, part: 'rollback', payload: aPayload(), files: { folder: '' } },
    store: { location: { runId: 'run-1' }, appendJournal: async () => undefined },
    interrupts: { finishStep: never, stopNow: never },
  } as unknown as RunContext
  const { state } = await reclaimObjects.probe(step, context)
  await reclaimObjects.run(step, context)
  return { deleted, rollbacks, probed: state }
}

describe('reclaimObjects', () => {
  it('leaves alone what helm made', async () =>
    assert.deepEqual(await run([live(inject, 'helm')]), { deleted: [], rollbacks: 0, probed: 'done' }))

  it('lets helm make anew what the newer version wrote over, or took away', async () => {
    assert.deepEqual(await run([live(inject, 'mesh')]), {
      ...{ deleted: ['inject uid-inject'], rollbacks: 1, probed: 'not-done' },
    })
    assert.deepEqual(await run([]), { deleted: [], rollbacks: 1, probed: 'not-done' })
  })

  it('deletes what the old version does not have, without helm', async () =>
    assert.deepEqual(await run([live(inject, 'helm'), live(validate, 'mesh')]), {
      ...{ deleted: ['validate uid-validate'], rollbacks: 0, probed: 'not-done' },
    }))
})
