import assert from 'node:assert/strict'
import fc from 'fast-check'
import { hookStatus } from '../../src/diagnose/hook-status.js'
import { kindRules } from '../../src/diagnose/kstatus/kind-rules.js'
import { needsBody } from '../../src/diagnose/kstatus/needs-body.js'
import { objectStatus } from '../../src/diagnose/kstatus/object-status.js'
import { releaseObjects } from '../../src/diagnose/release-objects.js'
import { webhookServices, webhookStatus } from '../../src/diagnose/webhook-status.js'
import { workloadStatus } from '../../src/diagnose/workload-status.js'
import type { KubeObject } from '../../src/model/kube-object.js'
import type { ReleaseHook } from '../../src/model/release.js'
import { aCluster, aDeployment } from '../support/builders.js'

type Parts = Record<string, unknown>

function an(kind: string, apiVersion: string, parts: Parts = {}, metadata: Parts = {}): KubeObject {
  return { apiVersion, kind, metadata: { name: 'x', namespace: 'n', generation: 2, ...metadata }, ...parts }
}

const condition = (type: string, status: string, reason = ''): Parts => ({
  status: { conditions: [{ type, status, reason, message: 'words' }] },
})

/** Objects as they are met during an upgrade, and what kstatus says of them. */
const cases: [title: string, object: unknown, status: string][] = [
  ['nothing', undefined, 'NotFound'],
  ['no object', 7, 'Unknown'],
  ['something that says nothing', an('ConfigMap', 'v1'), 'Current'],
  ['something that is deleted', an('ConfigMap', 'v1', {}, { deletionTimestamp: 'now' }), 'Terminating'],
  ['another resource', an('Thing', 'a.b/v1'), 'Current'],
  ['its old generation', an('Thing', 'a.b/v1', { status: { observedGeneration: 1 } }), 'InProgress'],
  ['its generation', an('Thing', 'a.b/v1', { status: { observedGeneration: 2 } }), 'Current'],
  ['Reconciling', an('Thing', 'a.b/v1', condition('Reconciling', 'True')), 'InProgress'],
  ['Stalled', an('Thing', 'a.b/v1', condition('Stalled', 'True')), 'Failed'],
  ['not Stalled', an('Thing', 'a.b/v1', condition('Stalled', 'False')), 'Current'],
  ['Ready', an('Thing', 'a.b/v1', condition('Ready', 'True')), 'Current'],
  ['not Ready', an('Thing', 'a.b/v1', condition('Ready', 'False')), 'InProgress'],
  ['perhaps Ready', an('Thing', 'a.b/v1', condition('Ready', 'Unknown')), 'InProgress'],
  ['a phase that nobody knows', an('Thing', 'a.b/v1', { status: { phase: 'Pending' } }), 'Current'],
  ['a rollout', aDeployment('d'), 'Current'],
  ['a rollout of before', aDeployment('d', {}, 3), 'InProgress'],
  ['too few updated', aDeployment('d', { updatedReplicas: 0 }), 'InProgress'],
  ['old ones there', aDeployment('d', { replicas: 2 }), 'InProgress'],
  ['too few available', aDeployment('d', { availableReplicas: 0 }), 'InProgress'],
  ['a Pod', an('Pod', 'v1', { status: { phase: 'Pending' } }), 'InProgress'],
  ['a Pod that failed', an('Pod', 'v1', { status: { phase: 'Failed' } }), 'Failed'],
  ['a Pod that is done', an('Pod', 'v1', { status: { phase: 'Succeeded' } }), 'Current'],
  ['a Job', an('Job', 'batch/v1'), 'InProgress'],
  ['a Job that runs', an('Job', 'batch/v1', { status: { startTime: 'now', active: 1 } }), 'Current'],
  ['a Job that failed', an('Job', 'batch/v1', condition('Failed', 'True')), 'Failed'],
  ['a Job that is done', an('Job', 'batch/v1', condition('Complete', 'True')), 'Current'],
  ['a claim', an('PersistentVolumeClaim', 'v1', { status: { phase: 'Pending' } }), 'InProgress'],
  ['a bound claim', an('PersistentVolumeClaim', 'v1', { status: { phase: 'Bound' } }), 'Current'],
  ['a Service', an('Service', 'v1', { spec: { type: 'LoadBalancer' } }), 'InProgress'],
  ['its address', an('Service', 'v1', { spec: { type: 'LoadBalancer', clusterIP: '10.0.0.1' } }), 'Current'],
  ['a budget', an('PodDisruptionBudget', 'policy/v1', { status: { observedGeneration: 1 } }), 'InProgress'],
  [
    'an APIService',
    an('APIService', 'apiregistration.k8s.io/v1', condition('Available', 'False')),
    'InProgress',
  ],
  ['a CRD', an('CustomResourceDefinition', 'apiextensions.k8s.io/v1'), 'InProgress'],
  [
    'names that clash',
    an('CustomResourceDefinition', 'apiextensions.k8s.io/v1', condition('NamesAccepted', 'False')),
    'Failed',
  ],
  [
    'a CRD in the making',
    an(
      'CustomResourceDefinition',
      'apiextensions.k8s.io/v1',
      condition('Established', 'False', 'Installing'),
    ),
    'InProgress',
  ],
  ['a ReplicaSet', an('ReplicaSet', 'apps/v1', { spec: { replicas: 1 } }), 'InProgress'],
]

describe('objectStatus', () => {
  for (const [title, object, status] of cases) {
    it(`${title} is ${status}`, () => assert.equal(objectStatus(object).status, status))
  }

  it('counts what a strategy keeps, and says so', () => {
    const set = (strategy: object, status: object): KubeObject =>
      an('StatefulSet', 'apps/v1', {
        spec: { replicas: 3, updateStrategy: strategy },
        status: { observedGeneration: 2, replicas: 3, availableReplicas: 3, ...status },
      })
    const half = { currentRevision: 'a', updateRevision: 'b', updatedReplicas: 1 }
    assert.equal(workloadStatus(set({}, half)).rolloutStatus, 'InProgress')
    const partition = { type: 'RollingUpdate', rollingUpdate: { partition: 2 } }
    const kept = workloadStatus(set(partition, half))
    assert.deepEqual([kept.rolloutStatus, /2 stay at the old version/.test(kept.message)], ['Current', true])
    assert.equal(workloadStatus(set({ type: 'OnDelete' }, half)).rolloutStatus, 'Current')
  })

  it('goes by what the Deployment controller says itself', () => {
    const conditions = (type: string, status: string, reason: string): Parts => ({
      conditions: [{ type, status, reason }],
    })
    const look = (status: Parts): string => objectStatus(aDeployment('d', status)).status
    assert.equal(look(conditions('Available', 'False', 'MinimumReplicasUnavailable')), 'InProgress')
    const failed = conditions('Progressing', 'False', 'ProgressDeadlineExceeded')
    assert.equal(look({ ...failed, availableReplicas: 0 }), 'Failed')
    const moving = aDeployment('d', conditions('Progressing', 'True', 'ReplicaSetUpdated'))
    const spec = { replicas: 1, progressDeadlineSeconds: 600 }
    assert.equal(objectStatus({ ...moving, spec }).status, 'InProgress')
  })

  it('is total', () => {
    const kinds = fc.constantFrom(...Object.keys(kindRules), 'Thing')
    const odd = fc.object({
      maxDepth: 4,
      key: fc.constantFrom('conditions', 'replicas', 'type', 'status', 'phase'),
    })
    fc.assert(
      fc.property(kinds, odd, odd, fc.anything(), (key, status, spec, other) => {
        const [kind = '', group] = key.split('/').reverse()
        const apiVersion = group === undefined ? 'v1' : `${group}/v1`
        const object = { apiVersion, kind, metadata: { name: 'x', generation: 1 }, status, spec }
        for (const each of [object, { ...object, status: other }, { ...object, metadata: other }, other])
          assert.equal(typeof objectStatus(each).message, 'string')
      }),
    )
  })

  it('asks for no body of what is current because it exists, Secrets first of all', () => {
    const without = ['Secret', 'ConfigMap', 'ServiceAccount'].map((kind) => needsBody('v1', kind))
    assert.deepEqual(without, [false, false, false])
    assert.equal(needsBody('rbac.authorization.k8s.io/v1', 'ClusterRole'), false)
    assert.equal(needsBody('policy/v1', 'PodDisruptionBudget'), false)
    assert.equal(needsBody('apps/v1', 'Deployment'), true)
    assert.equal(needsBody('gateway.networking.k8s.io/v1', 'Gateway'), true)
    assert.equal(needsBody('cert-manager.io/v1', 'Certificate'), true)
  })
})

describe('hookStatus', () => {
  const hook = (lastPhase?: ReleaseHook['lastPhase'], kind = 'Job'): ReleaseHook => ({
    object: { apiVersion: kind === 'Job' ? 'batch/v1' : 'v1', kind, namespace: 'n', name: 'h' },
    events: ['pre-upgrade'],
    ...(lastPhase ? { lastPhase } : {}),
  })
  const look = (lastPhase?: ReleaseHook['lastPhase'], live?: KubeObject): string =>
    hookStatus(hook(lastPhase), live).status

  it('goes by the record of helm, and by the Job where it is still there', () => {
    assert.equal(look('Succeeded'), 'Current')
    assert.equal(look('Failed'), 'Failed')
    assert.equal(look('Running'), 'InProgress')
    assert.equal(look('Unknown'), 'Unknown')
    assert.equal(look(), 'NotFound')
    assert.equal(look('Succeeded', an('Job', 'batch/v1', condition('Complete', 'True'))), 'Current')
    const running = an('Job', 'batch/v1', { status: { startTime: 'now', active: 1 } })
    assert.equal(look('Succeeded', running), 'InProgress')
    assert.equal(look('Succeeded', an('Job', 'batch/v1', condition('Failed', 'True'))), 'Failed')
    assert.equal(look('Succeeded', an('Job', 'batch/v1', {}, { deletionTimestamp: 'now' })), 'Current')
  })
})

describe('webhookStatus', () => {
  const bundle = Buffer.from('-----BEGIN CERTIFICATE-----\n').toString('base64')
  const configuration = (clientConfig: object): KubeObject =>
    an('MutatingWebhookConfiguration', 'admissionregistration.k8s.io/v1', {
      webhooks: [{ name: 'w', clientConfig }],
    })
  const service = { name: 's', namespace: 'n' }
  const slice = (ready?: boolean): KubeObject =>
    an(
      'EndpointSlice',
      'discovery.k8s.io/v1',
      { endpoints: [{ conditions: { ready } }] },
      {
        labels: { 'kubernetes.io/service-name': 's' },
      },
    )
  const look = (clientConfig: object, slices: KubeObject[]): string =>
    webhookStatus(configuration(clientConfig), slices).message

  it('needs an authority and somebody who answers', () => {
    assert.equal(webhookStatus(undefined, []).status, 'NotFound')
    assert.equal(webhookStatus(configuration({ service, caBundle: bundle }), [slice(true)]).status, 'Current')
    assert.equal(webhookStatus(configuration({ service, caBundle: bundle }), [slice()]).status, 'Current')
    assert.match(look({ service }, [slice(true)]), /w has no caBundle/)
    assert.match(look({ service, caBundle: 'bm9uZQ==' }, [slice(true)]), /is no certificate/)
    assert.match(
      look({ service, caBundle: bundle }, [slice(false)]),
      /Service n\/s of w has no ready endpoint/,
    )
    assert.match(look({ service, caBundle: bundle }, []), /no ready endpoint/)
    assert.equal(webhookStatus(configuration({ url: 'https://x' }), []).status, 'Current')
    assert.equal(webhookStatus(an('MutatingWebhookConfiguration', 'a/v1'), []).status, 'Failed')
  })

  it('is total', () => {
    fc.assert(
      fc.property(fc.anything(), fc.object(), (webhooks, odd) => {
        const object = an('MutatingWebhookConfiguration', 'a/v1', { webhooks: [webhooks, odd] })
        assert.ok(Array.isArray(webhookServices(object)))
        assert.equal(typeof webhookStatus(object, [object]).message, 'string')
      }),
    )
  })
})

describe('releaseObjects', () => {
  const kinds = aCluster().servedKinds

  it('are in a version that is served, in the namespace of the release, each once', () => {
    const manifest = [
      'apiVersion: apps/v1beta1\nkind: Deployment\nmetadata: {name: a}',
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: b}',
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: b}',
      'apiVersion: batch/v1\nkind: Job\nmetadata: {name: c}\nspec: {ttlSecondsAfterFinished: 1}',
      'kind: {',
    ].join('\n---\n')
    const { objects, problems } = releaseObjects(manifest, 'n', kinds)
    assert.equal(problems.length, 1)
    assert.deepEqual(objects, [
      { object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'n', name: 'a' }, mayBeGone: false },
      { object: { apiVersion: 'v1', kind: 'Namespace', name: 'b' }, mayBeGone: false },
      { object: { apiVersion: 'batch/v1', kind: 'Job', namespace: 'n', name: 'c' }, mayBeGone: true },
    ])
  })
})
