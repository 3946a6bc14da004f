import assert from 'node:assert/strict'
import { osm } from '../../../src/meshes/osm/osm.js'
import type { LiveCrd } from '../../../src/model/crd.js'
import { refOf, type KubeObject } from '../../../src/model/kube-object.js'
import { bridgingKinds, kindsAfter } from '../../../src/plan/repair/bridging-kinds.js'
import { crdsInStep } from '../../../src/plan/repair/crds-in-step.js'
import { planRepair, type RepairInput } from '../../../src/plan/repair/plan-repair.js'
import { restartImpact, restartSteps } from '../../../src/plan/repair/restart-steps.js'
import { repairPermissions } from '../../../src/plan/repair/repair-permissions.js'
import { customResourceKind } from '../../../src/model/crd.js'
import { aChart, aCluster, aCrd, aDeployment, aRelease } from '../../support/builders.js'

const at = '2026-01-01T00:00:00Z'
const workloads = ['osm-injector', 'prometheus', 'osm-controller'].map((name) => aDeployment(name))
const order = osm.restartOrder ?? []
const [routes, splits] = ['routes.mesh.example.com', 'splits.mesh.example.com']

function anInput(changes: Partial<RepairInput> = {}): RepairInput {
  return {
    ...{ purpose: 'fix', profile: osm, cluster: aCluster(), release: aRelease(), chart: aChart() },
    ...{ why: '', workloads, restarts: workloads.slice(2).map(refOf), way: 'rollout', at, crds: [] },
    ...{ liveCrds: [], counts: new Map(), recreation: { findings: [], edits: [], consents: [] } },
    ...{ findings: [], byHand: { crdLocation: 'crds.yaml', fetchCrds: [] }, clusterFlags: [] },
    ...changes,
  }
}

function live(crd: KubeObject): LiveCrd {
  return { name: crd.metadata.name, object: crd, raw: '' }
}

describe('planRepair', () => {
  it('has CRDs and resources back before anything is restarted', () => {
    const common = { owner: 'chart', releaseNotes: 'unknown', targetChart: 'changed' } as const
    const rest = { differences: [], managers: [], customResources: 3 }
    const plan = planRepair(
      anInput({
        crds: [
          { name: routes, action: 'recreate', ...common, ...rest },
          { name: splits, action: 'update', ...common, ...rest },
        ],
      }),
    )
    assert.deepEqual(
      plan.hops[0]?.steps.map(({ id }) => id),
      [
        ...['backup', 'delete-crds', 'apply-crds', 'restore-resources'],
        ...['restart-deployment-osm-controller', 'wait-rollout', 'verify'],
      ],
    )
    assert.equal(plan.verdict, 'ready')
  })

  it('is blocked by an error, and has nothing to do where nothing changes', () => {
    const findings = [{ code: 'MU206', severity: 'error' as const, message: '', evidence: [] }]
    assert.equal(planRepair(anInput({ findings })).verdict, 'blocked')
    assert.equal(planRepair(anInput({ restarts: [] })).verdict, 'nothing-to-do')
  })

  it('is another plan when it is another restart', () => {
    const other = anInput({ at: '2026-01-02T00:00:00Z' })
    assert.notEqual(planRepair(anInput()).digest, planRepair(other).digest)
  })
})

describe('restartSteps', () => {
  it('takes the workloads in the order of the mesh, others after them', () => {
    const steps = restartSteps({ workloads, order, way: 'rollout', at })
    const names = steps.flatMap((step) => (step.type === 'restart-workloads' ? step.workloads : []))
    assert.deepEqual(
      names.map(({ name }) => name),
      ['osm-controller', 'osm-injector', 'prometheus'],
    )
  })

  it('replaces pods where a changed template alone does not', () => {
    const onDelete = {
      ...aDeployment('agent'),
      kind: 'DaemonSet',
      spec: { updateStrategy: { type: 'OnDelete' } },
    }
    const [step] = restartSteps({ workloads: [onDelete], order: [], way: 'rollout', at })
    assert.equal(step?.type === 'restart-workloads' && step.way, 'delete-pods')
  })

  it('says which workload is away, and only of one that is', () => {
    const recreate = aDeployment('a')
    recreate.spec = { replicas: 1, strategy: { type: 'Recreate' } }
    const three = { ...aDeployment('b'), spec: { replicas: 3 } }
    assert.deepEqual(restartImpact([recreate, three], 'rollout'), [
      'a has a single replica: it is away until its new pod is ready',
    ])
    assert.deepEqual(restartImpact([three], 'delete-pods'), ['b: one of 3 replicas is away at a time'])
  })
})

describe('crdsInStep', () => {
  const schema = { type: 'object' }
  const facts = { proofs: [], counts: new Map([[splits, 2]]), owner: 'chart' } as const

  it('deletes and makes again only the CRD that the server would refuse in place', () => {
    const input = {
      ...facts,
      live: [
        live(aCrd(routes, { v1: { type: 'object', properties: { spec: schema } } })),
        live(aCrd(splits, { v9: schema, v1: schema }, { storedVersions: ['v9'] })),
      ],
      target: [routes, splits].map((name) => ({ file: '', object: aCrd(name, { v1: schema }) })),
    }
    const { changes, findings } = crdsInStep(input)
    assert.deepEqual(
      changes.map(({ name, action }) => [name, action]),
      [
        [routes, 'update'],
        [splits, 'recreate'],
      ],
    )
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'error'),
      [],
    )
  })

  it('reads custom resources by a version that is served before and after, where there is one', () => {
    const now = aCrd(routes, { v2: schema, v1: schema })
    const target = [aCrd(routes, { v1: schema, v3: schema })]
    const kinds = [customResourceKind(now)!]
    assert.equal(kinds[0]?.version, 'v2')
    assert.equal(bridgingKinds(kinds, [live(now)], target)[0]?.version, 'v1')
    const none = aCrd(routes, { v2: schema })
    assert.equal(bridgingKinds(kinds, [live(none)], target)[0]?.version, 'v2')
    assert.equal(kindsAfter(kinds, target)[0]?.version, 'v1')
  })
})

describe('repairPermissions', () => {
  it('asks for what a restart writes, and not for writing what helm stores', () => {
    const steps = restartSteps({ workloads: workloads.slice(0, 1), order, way: 'rollout', at })
    const asked = repairPermissions(steps, { release: aRelease(), crds: [] })
    assert.ok(asked.some(({ verb, resource }) => verb === 'patch' && resource === 'deployments'))
    assert.ok(!asked.some(({ resource }) => resource === 'secrets'))
    const evicting = restartSteps({ workloads: workloads.slice(0, 1), order, way: 'delete-pods', at })
    const more = repairPermissions(evicting, { release: aRelease(), crds: [] })
    assert.ok(more.some(({ verb, resource }) => verb === 'create' && resource === 'pods/eviction'))
  })
})
