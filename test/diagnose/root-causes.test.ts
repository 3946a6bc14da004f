import assert from 'node:assert/strict'
import fc from 'fast-check'
import { isOpenHook } from '../../src/diagnose/pod-facts.js'
import { formatQuantity, readQuantity } from '../../src/diagnose/quantity.js'
import { rootCauses } from '../../src/diagnose/root-causes.js'
import { rolloutRules } from '../../src/diagnose/rules/registry.js'
import type { KubeObject } from '../../src/model/kube-object.js'
import { hideCredentials } from '../../src/model/redaction.js'
import { aContainer, anEvent, aPod, aRollout, crashed, running, waiting } from '../support/rollouts.js'

/** A pod whose init container waits for osm-bootstrap, as the chart writes it. */
function inInit(name: string): KubeObject {
  const init = `init-${name}`
  const args = [
    '/bin/sh',
    '-c',
    'until curl http://osm-bootstrap.osm-system.svc.cluster.local:9095/healthz; do sleep 10; done',
  ]
  return aPod(name, {
    spec: { initContainers: [{ name: init, args }] },
    status: { phase: 'Pending', initContainerStatuses: [aContainer(init, running())] },
  })
}

describe('root causes', () => {
  it('explain pods that wait for a failing workload by that workload', () => {
    const bootstrap = aPod('osm-bootstrap', {
      status: { containerStatuses: [aContainer('osm-bootstrap', crashed(1))] },
    })
    const pods = [inInit('osm-controller'), bootstrap, inInit('osm-injector')]
    const [cause, ...more] = rootCauses(aRollout({ pods, logs: { 'osm-bootstrap': 'x' } }))
    assert.deepEqual([cause?.code, cause?.object?.name, more], ['MU705', 'osm-bootstrap', []])
    assert.match(cause?.evidence.at(-1) ?? '', /^osm-controller and osm-injector wait for osm-bootstrap$/)
    assert.equal(cause?.objects?.length, 3)
  })

  it('do not blame those who wait while the other one is still starting', () => {
    assert.deepEqual(rootCauses(aRollout({ pods: [inInit('osm-controller')] })), [])
  })

  it('come in the order of how much they explain', () => {
    const pull = { ...waiting('ErrImagePull', 'not found') }
    const pods = [
      aPod('osm-controller', { status: { containerStatuses: [aContainer('osm-controller', pull)] } }),
      aPod('osm-bootstrap', { status: { containerStatuses: [aContainer('osm-bootstrap', crashed(1))] } }),
      inInit('osm-injector'),
    ]
    assert.deepEqual(
      rootCauses(aRollout({ pods })).map(({ code }) => code),
      ['MU705', 'MU704'],
    )
  })

  it('count together what one remedy cures: a tag that no image has and another program does not understand', () => {
    const image = (name: string): string => `openservicemesh/${name}:v0.9.2`
    const lacking = '0/1 nodes are available: 1 Insufficient cpu.'
    const injector = aPod('osm-injector', {
      spec: { nodeName: '' },
      status: { conditions: [{ type: 'PodScheduled', status: 'False', message: lacking }] },
    })
    const pull = { ...waiting('ErrImagePull', 'not found'), image: image('osm-bootstrap') }
    const crash = { ...crashed(2), image: image('osm-controller') }
    const pods = [
      injector,
      aPod('osm-bootstrap', { status: { containerStatuses: [aContainer('osm-bootstrap', pull)] } }),
      aPod('osm-controller', { status: { containerStatuses: [aContainer('osm-controller', crash)] } }),
    ]
    const logs = { 'osm-controller': 'unknown flag: --osm-service-account' }
    const found = rootCauses(aRollout({ pods, logs })).map(({ code }) => code)
    assert.deepEqual(found, ['MU704', 'MU703', 'MU701'])
  })

  it('leave out pods of a revision that is being replaced, and events of a pod of the same name', () => {
    const replicaSet = (revision: string): KubeObject => ({
      ...{ apiVersion: 'apps/v1', kind: 'ReplicaSet' },
      metadata: {
        ...{ name: `rs-${revision}`, uid: `rs-${revision}` },
        annotations: { 'deployment.kubernetes.io/revision': revision },
        ownerReferences: [
          {
            kind: 'Deployment',
            name: 'osm-controller',
            uid: 'uid-deployment-osm-controller',
            controller: true,
          },
        ],
      },
    })
    const ofRevision = (revision: string): KubeObject =>
      aPod('osm-controller', {
        ownerReferences: [{ kind: 'ReplicaSet', uid: `rs-${revision}`, controller: true }],
        status: { containerStatuses: [aContainer('osm-controller', crashed(1))] },
      })
    const replicaSets = ['1', '2'].map(replicaSet)
    assert.equal(rootCauses(aRollout({ pods: [ofRevision('1')], replicaSets })).length, 0)
    assert.equal(rootCauses(aRollout({ pods: [ofRevision('2')], replicaSets })).length, 1)
    const stale = anEvent('osm-controller', 'FatalInvalidCLIParameters', 'x')
    stale['involvedObject'] = { name: 'osm-controller-abc', uid: 'another' }
    const [cause] = rootCauses(aRollout({ pods: [ofRevision('2')], events: [stale] }))
    assert.equal(cause?.code, 'MU705')
  })

  it('see the pods of hooks of an upgrade, not those of other Jobs', () => {
    const job = (hook: string): KubeObject => ({
      ...{ apiVersion: 'batch/v1', kind: 'Job' },
      metadata: { name: 'job', namespace: 'osm-system', uid: 'job', annotations: { 'helm.sh/hook': hook } },
    })
    const pod = aPod('hook', {
      ownerReferences: [{ kind: 'Job', name: 'job', uid: 'job', controller: true }],
      status: { containerStatuses: [aContainer('hook', { state: { terminated: { exitCode: 3 } } })] },
    })
    const [cause] = rootCauses(aRollout({ pods: [pod], jobs: [job('pre-install,pre-upgrade')] }))
    assert.match(cause?.message ?? '', /Job osm-system\/job has failed, last with exit code 3/)
    assert.deepEqual(rootCauses(aRollout({ pods: [pod] })), [])
    assert.deepEqual(
      ['test', 'post-delete', 'post-upgrade'].map((hook) => isOpenHook(job(hook))),
      [false, false, true],
    )
  })

  it('are total, each rule by itself too', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'ErrImagePull',
        'CrashLoopBackOff',
        'PodScheduled',
        'False',
        '1 Insufficient cpu',
        'unknown flag: --x',
      ),
      fc.constant('Failed to list *v1.X: the server could not find the requested resource (get x.y)'),
    )
    const json = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        texts,
        fc.constantFrom(null, true, 0, NaN),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom(
            'name',
            'state',
            'waiting',
            'running',
            'terminated',
            'lastState',
            'reason',
            'message',
            'type',
            'status',
            'args',
            'env',
            'resources',
            'requests',
            'cpu',
            'startedAt',
            'restartCount',
          ),
          tie('tree'),
          { maxKeys: 5 },
        ),
      ),
    })).tree
    const part = (...names: string[]): fc.Arbitrary<Record<string, unknown>> =>
      fc.record(Object.fromEntries(names.map((name) => [name, json])), { requiredKeys: [] })
    fc.assert(
      fc.property(
        part('containers', 'initContainers', 'nodeName'),
        part('conditions', 'containerStatuses', 'initContainerStatuses', 'phase'),
        part('reason', 'message'),
        fc.record({ log: texts, odd: json }),
        (spec, status, event, { log, odd }) => {
          const pod = aPod('osm-controller', { spec, status })
          const events = [{ ...anEvent('osm-controller', '', ''), ...event }]
          const crds = [{ name: 'x.y', object: { ...pod, spec: odd } }]
          const nodes = [{ ...pod, status: odd }]
          const facts = aRollout({ pods: [pod], events, nodes, crds, logs: { 'osm-controller': log } })
          const found = [...rootCauses(facts), ...rolloutRules.flatMap((rule) => rule(facts))]
          for (const { message, severity } of found)
            assert.deepEqual([typeof message, severity], ['string', 'error'])
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('quantities', () => {
  it('are read as Kubernetes reads them', () => {
    const read = ['500m', '1.5', '2', '64Mi', '128M', '1e3', '', 'x', '1Zi'].map(readQuantity)
    assert.deepEqual(read, [0.5, 1.5, 2, 67108864, 128e6, 1000, 0, 0, 0])
    const shown = [formatQuantity('cpu', 0.25), formatQuantity('cpu', 900), formatQuantity('memory', 128e6)]
    assert.deepEqual(shown, ['250m', '900', '128M'])
    assert.equal(formatQuantity('memory', 2 ** 31), '2Gi')
  })
})

describe('credentials in what programs say', () => {
  it('are hidden', () => {
    for (const text of [
      'password=hunter22',
      '"token":"s.abcdefgh"',
      'Authorization: Bearer abcdefgh.ijkl',
      'https://bob:hunter22@reg/x',
      '--vault-token s.abcdefgh',
    ]) {
      assert.match(hideCredentials(text), /\(hidden\)/, text)
      assert.doesNotMatch(hideCredentials(text), /hunter22|abcdefgh/, text)
    }
    const harmless = 'secret "osm-ca-bundle" not found'
    assert.equal(hideCredentials(harmless), harmless)
  })
})
