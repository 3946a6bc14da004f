import assert from 'node:assert/strict'
import type { RunContext } from '../../src/execute/run-context.js'
import { reclaimObjects } from '../../src/execute/steps/reclaim-objects.js'
import { goBack } from '../../src/execute/steps/rollback-release.js'
import type { KubeObject } from '../../src/model/kube-object.js'
import type { ObjectRef } from '../../src/model/object-ref.js'
import type { Step } from '../../src/model/step.js'
import { aPayload } from '../support/builders.js'
import { virtualClock, type VirtualClock } from '../support/virtual-clock.js'

const apiVersion = 'admissionregistration.k8s.io/v1'
const inject: ObjectRef = { apiVersion, kind: 'MutatingWebhookConfiguration', name: 'inject' }
const validate: ObjectRef = { apiVersion, kind: 'ValidatingWebhookConfiguration', name: 'validate' }
const injector: ObjectRef = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace: 'osm-system',
  name: 'injector',
}
const step: Step = {
  ...{ id: 'reclaim-objects', type: 'reclaim-objects', title: '', mutates: true, commands: [] },
  ...{
    objects: [inject],
    gone: [validate],
    restarts: [injector],
    release: 'osm',
    namespace: 'osm-system',
    toRevision: 1,
  },
}

function live(ref: ObjectRef, by: 'helm' | 'mesh'): KubeObject {
  const { name } = ref
  const marks = {
    annotations: { 'meta.helm.sh/release-name': 'osm' },
    labels: { 'app.kubernetes.io/managed-by': 'Helm' },
  }
  return { ...ref, metadata: { name, uid: `uid-${name}`, ...(by === 'helm' ? marks : {}) } }
}

/** As helm made it: the mesh's program completes it. */
function bare(ref: ObjectRef): KubeObject {
  const service = { namespace: 'osm-system', name: 'injector' }
  return { ...live(ref, 'helm'), webhooks: [{ name: 'inject.k8s.io', clientConfig: { service } }] }
}

interface Bench {
  context: RunContext
  restarted: string[]
  clock: VirtualClock
  deleted: string[]
  rollbacks: number
}

const isNamed =
  ({ name }: ObjectRef) =>
  ({ metadata }: KubeObject): boolean =>
    metadata.name === name

/** Rolled out. */
const deployment: KubeObject = {
  ...injector,
  metadata: { ...injector, generation: 1 },
  spec: { replicas: 1 },
  status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 },
}

/** A run whose cluster has these objects; helm goes back where `fails` is not true. */
function aBench(objects: KubeObject[], fails: (attempt: number) => boolean = () => false): Bench {
  const clock = virtualClock()
  const ports = {
    ...{ clock, progress: () => undefined, redact: (text: string) => text },
    cluster: {
      readObject: async (ref: ObjectRef) =>
        ref === injector ? { ...injector, metadata: injector } : objects.find(isNamed(ref)),
      listObjects: async () => [deployment],
    },
    clusterWriter: {
      delete: async ({ name }: ObjectRef, uid: string) => bench.deleted.push(`${name} ${uid}`),
      apply: async (object: KubeObject) => {
        bench.restarted.push(object.metadata.name)
        return { ok: true, object }
      },
    },
    helmWriter: {
      rollback: async () => {
        bench.rollbacks++
        return { succeeded: !fails(bench.rollbacks), message: 'conflict occurred' }
      },
    },
  }
  const never = new AbortController().signal
  const context = {
    ...{ ports, part: 'rollback', payload: aPayload(), files: { folder: '' } },
    store: { location: { runId: 'run-1' }, appendJournal: async () => undefined },
    interrupts: { finishStep: never, stopNow: never },
  } as unknown as RunContext
  const bench: Bench = { context, clock, restarted: [], deleted: [], rollbacks: 0 }
  return bench
}

/** Runs the step where these objects are there: what was deleted, and how often helm went back. */
async function run(
  objects: KubeObject[],
): Promise<Omit<Bench, 'context' | 'restarted' | 'clock'> & { probed: string }> {
  const bench = aBench(objects)
  const { state } = await reclaimObjects.probe(step, bench.context)
  await reclaimObjects.run(step, bench.context)
  const { deleted, rollbacks } = bench
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

  it('restarts the program that completes a webhook only as it starts', async () => {
    const bench = aBench([bare(inject)])
    assert.equal((await reclaimObjects.probe(step, bench.context)).state, 'not-done')
    const ended = reclaimObjects.run(step, bench.context)
    await bench.clock.pass(9_000)
    assert.deepEqual(bench.restarted, [], 'it has just started')
    await bench.clock.pass(2_000)
    await ended
    assert.deepEqual([bench.restarted, bench.rollbacks], [['injector'], 0])
  })

  it('deletes what the old version does not have, without helm', async () =>
    assert.deepEqual(await run([live(inject, 'helm'), live(validate, 'mesh')]), {
      ...{ deleted: ['validate uid-validate'], rollbacks: 0, probed: 'not-done' },
    }))
})

describe('goBack', () => {
  const back = { ...step, type: 'rollback-release' } as Parameters<typeof goBack>[0]

  it('goes back again over what pods of the newer version made while helm went back', async () => {
    const bench = aBench([live(inject, 'mesh')], (attempt) => attempt < 3)
    await goBack(back, [inject], bench.context)
    assert.deepEqual([bench.deleted, bench.rollbacks], [['inject uid-inject', 'inject uid-inject'], 3])
  })

  it('tells the words of helm where nothing of that is there, and does not try for ever', async () => {
    const other = aBench([live(inject, 'helm')], () => true)
    await assert.rejects(goBack(back, [inject], other.context), { message: 'conflict occurred' })
    assert.deepEqual([other.deleted, other.rollbacks], [[], 1])
    const stubborn = aBench([live(inject, 'mesh')], () => true)
    await assert.rejects(goBack(back, [inject], stubborn.context), { code: 'StepFailed' })
    assert.equal(stubborn.rollbacks, 5)
  })
})
