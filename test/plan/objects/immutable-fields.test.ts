import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { KubeObject } from '../../../src/model/kube-object.js'
import { immutableChanges } from '../../../src/plan/objects/immutable-fields.js'
import { immutableRows } from '../../support/immutable-rows.js'

describe('immutableChanges', () => {
  for (const { title, before, after, fields } of immutableRows) {
    it(`${fields.length > 0 ? 'finds' : 'lets pass'}: ${title}`, () => {
      const found = immutableChanges([before], [after])
      assert.deepEqual(
        found.flatMap((change) => change.fields),
        fields,
      )
    })
  }

  it('says of which objects pods stay, go, or are left behind', () => {
    const told = immutableRows.flatMap(({ before, after }) =>
      immutableChanges([before], [after]).map(({ object, holdsData, leavesPods }) =>
        [object.kind, object.pods, ...(holdsData ? ['data'] : []), ...(leavesPods ? ['orphans'] : [])].join(
          ' ',
        ),
      ),
    )
    assert.deepEqual([...new Set(told)].sort(), [
      'ClusterRoleBinding stay',
      'ConfigMap stay',
      'DaemonSet stay orphans',
      'Deployment stay orphans',
      'Job go',
      'PersistentVolume stay data',
      'PersistentVolumeClaim stay data',
      'RoleBinding stay',
      'Secret stay',
      'Service stay',
      'StatefulSet go',
      'StatefulSet stay',
      'StorageClass stay',
    ])
  })

  it('is total: any object gives an answer', () => {
    const kinds = immutableRows.map(({ before: { apiVersion, kind } }) => ({ apiVersion, kind }))
    const hostile = fc
      .tuple(fc.constantFrom(...kinds), fc.object({ maxDepth: 4 }), fc.jsonValue(), fc.jsonValue())
      .map(([kind, rest, spec, roleRef]) => {
        const object: unknown = { ...rest, ...kind, spec, roleRef, metadata: { name: 'x' } }
        return object as KubeObject
      })
    fc.assert(
      fc.property(hostile, hostile, (one, other) => {
        const same = { ...other, apiVersion: one.apiVersion, kind: one.kind } as KubeObject
        assert.deepEqual(immutableChanges([one], [one]), [])
        assert.ok(immutableChanges([one], [same]).length <= 1)
      }),
    )
  })
})
