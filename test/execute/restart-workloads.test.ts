import assert from 'node:assert/strict'
import type { RunContext } from '../../src/execute/run-context.js'
import { restartWorkloads } from '../../src/execute/steps/restart-workloads.js'
import type { JournalLine } from '../../src/model/journal.js'
import { field, refOf, type KubeObject } from '../../src/model/kube-object.js'
import type { Diagnosis } from '../../src/model/rollout.js'
import type { Step } from '../../src/model/step.js'
import type { Eviction } from '../../src/ports/cluster.js'
import { aDeployment, aPayload } from '../support/builders.js'
import { refusing } from '../support/fake-ports.js'
import { aPod } from '../support/rollouts.js'

const at = '2026-01-01T00:00:00Z'
const ready = { conditions: [{ type: 'Ready', status: 'True' }], phase: 'Running' }

interface Bench {
  context: RunContext
  journal: JournalLine[]
  evicted: string[]
  live: KubeObject
  pods: KubeObject[]
  diagnosis: Diagnosis
  now: () => number
}

/** A Deployment with two pods; whoever is evicted is replaced at once. */
function aBench(answer: (uid: string) => Eviction = () => ({ result: 'evicted' })): Bench {
  let [now, made] = [0, 0]
  const bench = { journal: [], evicted: [], diagnosis: { workloads: [], stalledPods: [], findings: [] } }
  const live = aDeployment('osm-controller', { replicas: 2, updatedReplicas: 2, availableReplicas: 2 })
  live.metadata.uid = 'deployment'
  live.spec = { ...(live.spec as object), replicas: 2 }
  const owned = (uid: string, kind: string): KubeObject['metadata']['ownerReferences'] => [
    { kind, name: 'x', uid, controller: true },
  ]
  const aNewPod = (uid: string): KubeObject => {
    const pod = aPod('osm-controller', { status: ready, ownerReferences: owned('set', 'ReplicaSet') ?? [] })
    return { ...pod, metadata: { ...pod.metadata, uid, name: uid } }
  }
  const result: Bench = {
    ...bench,
    ...{ live, pods: [aNewPod('old-1'), aNewPod('old-2')], now: () => now, context: {} as RunContext },
  }
  const set = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'x', uid: 'set' } }
  const lists: Record<string, () => KubeObject[]> = {
    Pod: () => result.pods,
    ReplicaSet: () => [
      { ...set, metadata: { ...set.metadata, ownerReferences: owned('deployment', 'Deployment')! } },
    ],
    Deployment: () => [result.live],
  }
  result.context = {
    part: 'hop-1',
    payload: aPayload({ timeoutMs: 60_000 }),
    store: {
      location: { runId: 'run-1' },
      appendJournal: async (line: JournalLine) => void result.journal.push(line),
      readJournal: async () => result.journal,
    },
    assertHeld: async () => undefined,
    diagnose: async () => result.diagnosis,
    interrupts: { finishStep: new AbortController().signal, stopNow: new AbortController().signal },
    ports: {
      clock: { now: () => now, sleep: async (ms: number) => void (now += ms) },
      ...{ progress: () => undefined, redact: (text: string) => text },
      cluster: refusing({
        readObject: async () => result.live,
        listObjects: async (_version: string, kind: string) => lists[kind]?.() ?? [],
      }),
      clusterWriter: refusing({
        evict: async (_ref: unknown, uid: string) => {
          const said = answer(uid)
          if (said.result !== 'evicted') return said
          result.evicted.push(uid)
          made += 1
          result.pods = [
            ...result.pods.filter(({ metadata }) => metadata.uid !== uid),
            aNewPod(`new-${made}`),
          ]
          return said
        },
        apply: async (object: KubeObject) => {
          result.live = {
            ...result.live,
            spec: { ...(result.live.spec as object), ...(object.spec as object) },
          }
          return { ok: true, object }
        },
      }),
    },
  } as unknown as RunContext
  return result
}

function aStep({ live }: Bench, way: 'rollout' | 'delete-pods'): Step {
  const common = { id: 'restart', title: '', mutates: true, commands: [] }
  return { ...common, type: 'restart-workloads', workloads: [refOf(live)], way, at }
}

/** No new pod has come up, and no node has room for one. */
function leaveNoRoom({ live, diagnosis }: ReturnType<typeof aBench>): void {
  live.status = { ...(live.status as object), updatedReplicas: 0 }
  const object = refOf(live)
  diagnosis.findings.push({ code: 'MU701', severity: 'error', object, message: '', evidence: [] })
}

describe('restarting workloads', () => {
  it('sets what kubectl rollout restart sets, once', async () => {
    const bench = aBench()
    const step = aStep(bench, 'rollout')
    assert.equal((await restartWorkloads.probe(step, bench.context)).state, 'not-done')
    await restartWorkloads.run(step, bench.context)
    await restartWorkloads.run(step, bench.context)
    const annotations = field(bench.live, 'spec', 'template', 'metadata', 'annotations')
    assert.deepEqual(annotations, { 'kubectl.kubernetes.io/restartedAt': at })
    assert.equal(bench.journal.length, 1)
    assert.equal((await restartWorkloads.probe(step, bench.context)).state, 'done')
  })

  it('ends before the timeout where no node has room, and offers to let the old pod go first', async () => {
    const bench = aBench()
    leaveNoRoom(bench)
    await assert.rejects(
      restartWorkloads.run(aStep(bench, 'rollout'), bench.context),
      /--control-plane --delete-pods/,
    )
    assert.ok(bench.now() < 40_000, `${bench.now()} ms`)
  })

  it('waits to the end where a node is being added', async () => {
    const bench = aBench()
    leaveNoRoom(bench)
    const pod = refOf(bench.pods[0]!)
    bench.diagnosis.stalledPods.push({
      pod,
      reason: '',
      message: '',
      lastEvent: 'Normal TriggeredScaleUp: pod',
    })
    await assert.rejects(
      restartWorkloads.run(aStep(bench, 'rollout'), bench.context),
      /not rolled out after 60 s/,
    )
  })

  it('replaces the pods of before one by one, and none of the new ones when it is run again', async () => {
    const bench = aBench()
    const step = aStep(bench, 'delete-pods')
    await restartWorkloads.run(step, bench.context)
    assert.deepEqual(bench.evicted, ['old-1', 'old-2'])
    assert.equal((await restartWorkloads.probe(step, bench.context)).state, 'done')
    await restartWorkloads.run(step, bench.context)
    assert.deepEqual(bench.evicted, ['old-1', 'old-2'])
  })

  it('goes on with the pods that are left after a kill', async () => {
    const bench = aBench()
    const step = aStep(bench, 'delete-pods')
    await restartWorkloads.run(step, bench.context)
    bench.pods = [
      ...bench.pods.slice(1),
      { ...bench.pods[0]!, metadata: { ...bench.pods[0]!.metadata, uid: 'old-2' } },
    ]
    assert.equal((await restartWorkloads.probe(step, bench.context)).state, 'not-done')
    await restartWorkloads.run(step, bench.context)
    assert.deepEqual(bench.evicted, ['old-1', 'old-2', 'old-2'])
  })

  it('waits for a disruption budget while pods are on their way, and not for one that will never agree', async () => {
    const bench = aBench(() => ({ result: 'later', why: 'it would violate the budget keep-two' }))
    await assert.rejects(
      restartWorkloads.run(aStep(bench, 'delete-pods'), bench.context),
      /may not go.*keep-two/,
    )
    assert.ok(bench.now() < 20_000, `${bench.now()} ms`)
    const other = aBench(() => (other.now() < 30_000 ? { result: 'later', why: '' } : { result: 'evicted' }))
    other.pods.push({
      ...other.pods[0]!,
      metadata: { ...other.pods[0]!.metadata, uid: 'coming' },
      status: {},
    })
    await restartWorkloads.run(aStep(other, 'delete-pods'), other.context)
    assert.equal(other.evicted[0], 'coming')
  })
})
