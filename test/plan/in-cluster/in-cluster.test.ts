import assert from 'node:assert/strict'
import type { KubeObject } from '../../../src/model/kube-object.js'
import { jobName, jobObjects, rulesOf } from '../../../src/plan/in-cluster/job-objects.js'
import { heldRules, runPermissions, type RunScope } from '../../../src/plan/in-cluster/run-permissions.js'
import { aPlan, aRelease } from '../../support/builders.js'

const rbac = 'rbac.authorization.k8s.io/v1'
const role = (kind: string, name: string, rules: object[]): KubeObject => ({
  ...{ apiVersion: rbac, kind, rules },
  metadata: { name, ...(kind === 'Role' ? { namespace: 'osm-system' } : {}) },
})

function aScope(changes: Partial<RunScope> = {}): RunScope {
  return {
    ...{ release: aRelease(), hops: 1, servedKinds: [], before: [], after: [], hooks: [], changes: [] },
    crds: { names: [], target: [], created: [], recreated: [] },
    ...{ kinds: [], expected: [], ...changes },
  }
}

describe('the rights of a Job', () => {
  it('name their objects wherever they can', () => {
    const permission = { group: '', resource: 'configmaps', namespace: 'x' }
    const rules = rulesOf([
      { ...permission, verb: 'get', names: ['b'] },
      { ...permission, verb: 'patch', names: ['a', 'b'] },
      { ...permission, verb: 'get', names: ['a'] },
      { ...permission, verb: 'list', names: [] },
      { ...permission, verb: 'list', names: ['a'] },
    ])
    assert.deepEqual(rules, [
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'patch'], resourceNames: ['a', 'b'] },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['list'] },
    ])
  })

  it('hold the rules of roles that are written, and bind only other roles', () => {
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]
    const bound = (name: string): KubeObject => ({
      ...{ apiVersion: rbac, kind: 'ClusterRoleBinding', metadata: { name } },
      roleRef: { kind: 'ClusterRole', name },
    })
    const after = [
      role('ClusterRole', 'mine', rules),
      role('Role', 'same', rules),
      bound('mine'),
      bound('view'),
    ]
    const changed = (kind: string, name: string): RunScope['changes'][number] => ({
      ...{ object: { apiVersion: rbac, kind, name }, change: 'added', diff: '', restartsPods: false },
    })
    const changes = [
      changed('ClusterRole', 'mine'),
      changed('ClusterRoleBinding', 'mine'),
      changed('ClusterRoleBinding', 'view'),
    ]
    const scope = aScope({ after, changes })
    assert.deepEqual(heldRules(scope), [{ rule: rules[0] }])
    const binds = runPermissions(scope).filter(({ verb }) => verb === 'bind')
    assert.deepEqual(
      binds.map(({ names }) => names),
      [['view']],
    )
    assert.ok(!runPermissions(scope).some(({ verb }) => verb === 'escalate'))
  })

  it('grow with what is recreated, and let helm prune revisions only where it will', () => {
    const kind = {
      crd: 'things.x.io',
      group: 'x.io',
      version: 'v1',
      kind: 'Thing',
      plural: 'things',
      namespaced: true,
    }
    const crds = { names: ['things.x.io'], target: ['things.x.io'], created: [], recreated: ['things.x.io'] }
    const verbs = (scope: RunScope, resource: string): string[] =>
      runPermissions(scope).flatMap((each) => (each.resource === resource ? [each.verb] : []))
    assert.deepEqual(verbs(aScope({ kinds: [kind] }), 'things'), ['list'])
    assert.deepEqual(verbs(aScope({ kinds: [kind], crds }), 'things'), ['list', 'get', 'create', 'update'])
    assert.ok(!verbs(aScope(), 'secrets').includes('delete'))
    const history = Array.from({ length: 10 }, (_, index) => ({
      ...{ releaseRevision: index + 1, releaseStatus: 'superseded' as const },
    }))
    assert.ok(verbs(aScope({ release: aRelease({ history }) }), 'secrets').includes('delete'))
  })
})

describe('the objects of a Job', () => {
  const wish = { image: 'x:1', ttlSeconds: 60, words: ['--accept', 'a'] }
  const files = { 'plan.json.gz': 'AA==', 'values.json': 'AA==' }

  it('are called after the plan, and short enough for labels', () => {
    const long = { ...aPlan(), release: { ...aPlan().release, name: 'a'.repeat(53) } }
    assert.ok(jobName(long).length <= 63)
    assert.notEqual(jobName(aPlan()), jobName({ ...aPlan(), digest: `sha256:${'f'.repeat(64)}` }))
  })

  it('are a role for each namespace, and no account where one is named', () => {
    const permissions = [
      { verb: 'get', group: '', resource: 'pods', namespace: 'b', names: [] },
      { verb: 'get', group: '', resource: 'pods', namespace: 'a', names: [] },
    ]
    const { rights, owned } = jobObjects(aPlan(), { permissions, held: [] }, files, {
      ...wish,
      serviceAccount: 's',
    })
    assert.deepEqual(
      rights.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}`.trim()),
      ['ClusterRoleBinding', 'Role a', 'RoleBinding a', 'Role b', 'RoleBinding b'],
    )
    assert.deepEqual(
      owned.map(({ kind }) => kind),
      ['Secret'],
    )
  })
})
