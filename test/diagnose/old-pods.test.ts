import assert from 'node:assert/strict'
import fc from 'fast-check'
import { oldPods } from '../../src/diagnose/old-pods.js'
import type { KubeObject } from '../../src/model/kube-object.js'

type Parts = Record<string, unknown>

function an(kind: string, apiVersion: string, parts: Parts = {}, metadata: Parts = {}): KubeObject {
  return { apiVersion, kind, metadata: { name: 'x', namespace: 'n', generation: 2, ...metadata }, ...parts }
}

describe('oldPods', () => {
  const owned = (kind: string, name: string, uid: string): Parts => ({
    ownerReferences: [{ kind, name, uid, controller: true }],
  })
  const annotations = (revision: string): Parts => ({
    annotations: { 'deployment.kubernetes.io/revision': revision },
  })
  const deployment = an(
    'Deployment',
    'apps/v1',
    { spec: { selector: { matchLabels: { app: 'x' } } } },
    { uid: 'd', ...annotations('2') },
  )
  const replicaSet = (hash: string, revision: string, owner = 'd'): KubeObject =>
    an(
      'ReplicaSet',
      'apps/v1',
      {},
      {
        ...owned('Deployment', 'x', owner),
        ...{
          name: `x-${hash}`,
          uid: `rs-${hash}`,
          labels: { 'pod-template-hash': hash },
          ...annotations(revision),
        },
      },
    )
  const pod = (hash: string, changes: Parts = {}): KubeObject =>
    an(
      'Pod',
      'v1',
      {},
      {
        ...owned('ReplicaSet', `x-${hash}`, `rs-${hash}`),
        ...{ name: `x-${hash}-1`, labels: { app: 'x', 'pod-template-hash': hash }, ...changes },
      },
    )
  const look = (
    pods: KubeObject[],
    replicaSets = [replicaSet('old', '1'), replicaSet('new', '2')],
  ): string[] =>
    oldPods({ workloads: [deployment], pods, replicaSets, controllerRevisions: [] }).map(
      ({ pod: { name }, terminating }) => `${name}${terminating ? ' terminating' : ''}`,
    )

  it('are those of an older ReplicaSet, also while they are deleted or their ReplicaSet is gone', () => {
    assert.deepEqual(look([pod('new'), pod('new', { deletionTimestamp: 'now' })]), [])
    assert.deepEqual(look([pod('new'), pod('old')]), ['x-old-1'])
    assert.deepEqual(look([pod('old', { deletionTimestamp: 'now' })]), ['x-old-1 terminating'])
    assert.deepEqual(look([pod('older')]), ['x-older-1'])
  })

  it('are all of them where nothing tells which ReplicaSet is the newest', () => {
    assert.deepEqual(look([pod('new')], []), ['x-new-1'])
  })

  it('are not those of another workload with the same labels, or in another namespace', () => {
    const others = [replicaSet('new', '2'), replicaSet('theirs', '1', 'another')]
    assert.deepEqual(look([pod('theirs')], others), [])
    assert.deepEqual(look([pod('old', { namespace: 'm' })]), [])
    assert.deepEqual(look([pod('old', { ownerReferences: [] })]), [])
  })

  it('of sets are told by the hash of the newest revision, and may stay where the strategy says so', () => {
    const labels = (hash: string): Parts => ({ labels: { 'controller-revision-hash': hash } })
    const set = (kind: string, strategy: object = {}): KubeObject =>
      an(
        kind,
        'apps/v1',
        { spec: { updateStrategy: strategy }, status: { updateRevision: 'b' } },
        { uid: 's' },
      )
    const member = (hash: string, ordinal: number): KubeObject =>
      an('Pod', 'v1', {}, { ...labels(hash), ...owned('Any', 'x', 's'), name: `x-${ordinal}` })
    const revision = (hash: string, number: number): KubeObject =>
      an(
        'ControllerRevision',
        'apps/v1',
        { revision: number },
        { ...labels(hash), ...owned('Any', 'x', 's') },
      )
    const controllerRevisions = [revision('b', 2), revision('a', 1)]
    const pods = [member('a', 0), member('a', 2), member('b', 1)]
    const judge = (workload: KubeObject): [string, boolean][] =>
      oldPods({ workloads: [workload], pods, replicaSets: [], controllerRevisions }).map(
        ({ pod: { name }, mayStay }) => [name, mayStay],
      )
    const both = [
      ['x-0', false],
      ['x-2', false],
    ]
    assert.deepEqual(judge(set('StatefulSet')), both)
    assert.deepEqual(judge(set('DaemonSet')), both)
    const partition = { type: 'RollingUpdate', rollingUpdate: { partition: 1 } }
    assert.deepEqual(judge(set('StatefulSet', partition)), [
      ['x-0', true],
      ['x-2', false],
    ])
    assert.ok(judge(set('DaemonSet', { type: 'OnDelete' })).every(([, stays]) => stays))
  })

  it('are found whatever the objects look like', () => {
    const keys = ['ownerReferences', 'labels', 'name', 'uid', 'annotations', 'namespace', 'spec', 'revision']
    const odd = fc.object({ maxDepth: 3, key: fc.constantFrom(...keys) })
    const objects = fc.array(
      fc
        .tuple(fc.constantFrom('Deployment', 'StatefulSet', 'DaemonSet'), odd, odd)
        .map(([kind, metadata, rest]) => ({
          ...{ apiVersion: 'apps/v1', kind, ...rest, metadata: { name: 'x', ...metadata } },
        })),
      { maxLength: 4 },
    ) as unknown as fc.Arbitrary<KubeObject[]>
    fc.assert(
      fc.property(objects, objects, (workloads, others) => {
        const all = { pods: others, replicaSets: others, controllerRevisions: others }
        assert.ok(Array.isArray(oldPods({ workloads, ...all })))
      }),
    )
  })
})
