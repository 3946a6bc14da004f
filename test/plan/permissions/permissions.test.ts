import assert from 'node:assert/strict'
import type { CrdChange } from '../../../src/model/crd.js'
import type { PermissionAnswer } from '../../../src/model/permission.js'
import type { ObjectChange } from '../../../src/model/plan.js'
import { missingPermissions } from '../../../src/plan/permissions/missing-permissions.js'
import {
  neededPermissions,
  type NeededPermissionsInput,
} from '../../../src/plan/permissions/needed-permissions.js'
import { aCluster, aRelease } from '../../support/builders.js'

function change(kind: string, name: string, how: ObjectChange['change'], apiVersion = 'v1'): ObjectChange {
  const namespace = kind === 'Namespace' ? {} : { namespace: 'osm-system' }
  return { object: { apiVersion, kind, name, ...namespace }, change: how, diff: '', restartsPods: false }
}

const crd = (name: string, action: CrdChange['action']): CrdChange => ({ name, action }) as CrdChange

/** `verb resource.group[/namespace] (names)`, one line each. */
function needed(changes: Partial<NeededPermissionsInput> = {}): string[] {
  const permissions = neededPermissions({
    ...{ executor: 'mesh-upgrade', release: aRelease(), servedKinds: aCluster().servedKinds },
    ...{ crds: [], objects: [], kept: [] },
    ...changes,
  })
  return permissions.map(({ verb, group, resource, namespace, names }) => {
    const where = namespace === undefined ? '' : ` in ${namespace}`
    return `${verb} ${resource}${group ? `.${group}` : ''} (${names.join(' ')})${where}`
  })
}

describe('neededPermissions', () => {
  const storage = [
    'create secrets () in osm-system',
    'update secrets (sh.helm.release.v1.osm.v1) in osm-system',
  ]

  it("are those of lock, record and helm's storage where nothing else changes", () => {
    assert.deepEqual(needed(), [
      'create leases.coordination.k8s.io () in osm-system',
      'update leases.coordination.k8s.io (mesh-upgrade.osm) in osm-system',
      'delete leases.coordination.k8s.io (mesh-upgrade.osm) in osm-system',
      'create configmaps () in osm-system',
      'patch configmaps (mesh-upgrade.osm) in osm-system',
      ...storage,
    ])
  })

  it('are asked once for each verb, resource and namespace, with the names of the objects', () => {
    const objects = [
      change('Deployment', 'a', 'changed', 'apps/v1'),
      change('Deployment', 'b', 'changed', 'apps/v1'),
      change('Deployment', 'c', 'added', 'apps/v1'),
      change('Namespace', 'd', 'removed'),
    ]
    const crds = [
      crd('as.x', 'update'),
      crd('bs.x', 'create'),
      crd('cs.x', 'none'),
      crd('ds.x', 'left-to-owner'),
    ]
    const group = 'apiextensions.k8s.io'
    assert.deepEqual(needed({ objects, crds }).slice(5), [
      `patch customresourcedefinitions.${group} (as.x bs.x)`,
      `create customresourcedefinitions.${group} ()`,
      ...storage,
      'patch deployments.apps (a b) in osm-system',
      'create deployments.apps () in osm-system',
      'delete namespaces (d)',
    ])
  })

  it('are those of plain helm for the judge', () => {
    const crds = [crd('as.x', 'update')]
    assert.deepEqual(needed({ executor: 'helm', crds }), storage)
    const release = aRelease({ storage: { kind: 'ConfigMap', name: 'x' } })
    assert.deepEqual(needed({ executor: 'helm', release }), [
      'create configmaps () in osm-system',
      'update configmaps (x) in osm-system',
    ])
  })

  it('patch what is kept, and pass over kinds that are not served yet', () => {
    const objects = [change('Service', 'a', 'removed'), change('Widget', 'w', 'added', 'x.example/v1')]
    const kept = objects.slice(0, 1).map(({ object }) => object)
    assert.deepEqual(needed({ executor: 'helm', objects, kept }).slice(2), [
      'patch services (a) in osm-system',
    ])
  })
})

describe('missingPermissions', () => {
  const answer = (
    state: PermissionAnswer['answer'],
    deniedNames: string[] = [],
    reason = '',
  ): PermissionAnswer => ({
    permission: { verb: 'patch', group: 'apps', resource: 'deployments', namespace: 'n', names: ['a', 'b'] },
    ...{ answer: state, deniedNames, reason },
  })

  it('stop an upgrade and are told of a plan', () => {
    const denied = [answer('allowed'), answer('denied', ['b'], 'no rule')]
    const [toRun] = missingPermissions(denied, 'to-run')
    assert.deepEqual([toRun?.code, toRun?.severity], ['MU501', 'error'])
    assert.deepEqual(toRun?.evidence, ['patch deployments.apps (b) in namespace n: no rule'])
    assert.deepEqual(toRun?.remedy?.commands, ['kubectl auth can-i patch deployments.apps/b -n n'])
    const [toKnow] = missingPermissions(denied, 'to-know')
    assert.equal(toKnow?.severity, 'warning')
    assert.match(toKnow?.message ?? '', /with your login it would be refused/)
  })

  it('are unknown, and stop nothing, where the server does not answer', () => {
    const findings = missingPermissions([answer('unknown', [], 'POST …: no'), answer('allowed')], 'to-run')
    assert.deepEqual(
      findings.map(({ severity, evidence }) => [severity, evidence]),
      [['unknown', ['POST …: no']]],
    )
  })

  it('are none where all is allowed', () => {
    assert.deepEqual(missingPermissions([answer('allowed')], 'to-run'), [])
  })
})
