import assert from 'node:assert/strict'
import type { RunContext } from '../../src/execute/run-context.js'
import { adoptObjects } from '../../src/execute/steps/adopt-objects.js'
import { recreateObjects, removeOrphans } from '../../src/execute/steps/recreate-objects.js'
import type { KubeObject } from '../../src/model/kube-object.js'
import type { Step } from '../../src/model/step.js'
import type { RawChanges } from '../../src/ports/raw-objects.js'
import { fakeClock, fakeCluster } from '../support/fake-ports.js'

const apiVersion = 'apps/v1'
const [namespace, uid] = ['osm-system', 'old']
const base = { title: '', mutates: true, commands: [] }
const object = { apiVersion, kind: 'Deployment', name: 'web', namespace, pods: 'stay' as const }
const step: Step = { ...base, id: 'recreate-objects', type: 'recreate-objects', objects: [object] }

function aContext(
  objects: KubeObject[],
  payload: object = { recreatedUids: { [`apps/Deployment/${namespace}/web`]: uid } },
) {
  const { reader, writer, calls } = fakeCluster(objects)
  const ways: (string | undefined)[] = []
  const context = {
    part: 'hop-1',
    payload: { timeoutMs: 1000, ...payload },
    interrupts: { stopNow: new AbortController().signal },
    store: { location: { runId: 'run-1' }, appendJournal: async () => undefined },
    ports: {
      ...{ clock: fakeClock(), progress: () => undefined, redact: (text: string) => text },
      cluster: {
        readObject: reader.readObject,
        listObjects: async (_v: string, kind: string) => objects.filter((each) => each.kind === kind),
      },
      clusterWriter: {
        delete: async (...[ref, of, version, way]: Parameters<typeof writer.delete>) => {
          ways.push(way)
          return writer.delete(ref, of, version)
        },
      },
    },
  } as unknown as RunContext
  return { context, calls, ways }
}

const web = (own: string): KubeObject => ({
  ...{ apiVersion, kind: 'Deployment' },
  metadata: { name: 'web', namespace, uid: own },
})

describe('recreateObjects', () => {
  it('deletes the one that was planned for, and lets its pods be', async () => {
    const { context, calls, ways } = aContext([web(uid)])
    assert.equal((await recreateObjects.probe(step, context)).state, 'not-done')
    await recreateObjects.run(step, context)
    assert.deepEqual([calls, ways], [[`delete Deployment/${namespace}/web`], ['Orphan']])
    assert.equal((await recreateObjects.probe(step, context)).state, 'done')
  })

  it('never deletes another of that name: helm may have made it meanwhile', async () => {
    const { context, calls } = aContext([web('new')])
    assert.equal((await recreateObjects.probe(step, context)).state, 'done')
    await recreateObjects.run(step, context)
    assert.deepEqual(calls, [])
  })

  it('deletes only what no controller has', async () => {
    const set = (hash: string, metadata: object = {}): KubeObject => ({
      ...{ apiVersion, kind: 'ReplicaSet' },
      metadata: {
        name: `web-${hash}`,
        namespace,
        uid: hash,
        labels: { 'pod-template-hash': hash },
        ...metadata,
      },
    })
    const owned = { ownerReferences: [{ kind: 'Deployment', name: 'web', uid: 'new', controller: true }] }
    const stranger = { labels: { 'pod-template-hash': 'other' } }
    const { context, calls } = aContext([set('one'), set('two', owned), set('three', stranger)])
    const orphans: Step = { ...base, id: 'remove-orphans', type: 'remove-orphans', objects: [object] }
    await removeOrphans.run(orphans, context)
    assert.deepEqual(calls, [`delete ReplicaSet/${namespace}/web-one`])
  })
})

describe('adoptObjects', () => {
  const live: KubeObject = {
    ...{ apiVersion: 'v1', kind: 'ConfigMap' },
    metadata: {
      ...{ name: 'settings', namespace, uid: 'u', resourceVersion: '7' },
      managedFields: [{ manager: 'kubectl-create', operation: 'Update' }],
    },
  }
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', name: 'settings', namespace }
  const adopt: Step = {
    ...{ ...base, id: 'adopt-objects', type: 'adopt-objects' },
    ...{ objects: [ref], release: 'osm', namespace },
  }

  it("sets helm's marks, takes the fields from who wrote them, and tries again after a conflict", async () => {
    const { context } = aContext([])
    const sent: RawChanges[] = []
    const answers = [{ ok: false, refusal: { status: 409, reason: 'Conflict', message: '' } }, { ok: true }]
    Object.assign(context.ports, {
      cluster: { readRaw: async () => JSON.stringify(live) },
      rawWriter: {
        replaceRaw: async (_ref: object, _raw: string, _live: object, changes: RawChanges) => {
          sent.push(changes)
          return answers.shift()
        },
      },
    })
    await adoptObjects.run(adopt, context)
    assert.equal(sent.length, 2)
    const fields = new Map(sent[1]?.fields?.map(({ path, value }) => [path.at(-1), value]))
    assert.deepEqual(
      ['app.kubernetes.io/managed-by', 'meta.helm.sh/release-name', 'meta.helm.sh/release-namespace'].map(
        (key) => fields.get(key),
      ),
      ['Helm', 'osm', namespace],
    )
    assert.doesNotMatch(JSON.stringify(fields.get('managedFields')), /kubectl-create/)
  })

  it('tells from the cluster whether it is done', async () => {
    const { context } = aContext([live])
    assert.equal((await adoptObjects.probe(adopt, context)).state, 'not-done')
    assert.equal((await adoptObjects.probe(adopt, aContext([]).context)).state, 'done')
  })
})
