import assert from 'node:assert/strict'
import { osm } from '../../../src/meshes/osm/osm.js'
import { checkIdentity } from '../../../src/plan/values/identity-check.js'

const defaults = { OpenServiceMesh: { meshName: 'osm', osmNamespace: '' } }

describe('checkIdentity', () => {
  it('refuses another meshName', () => {
    const from = { chartVersion: '0.9.2', values: {}, defaults }
    const to = { chartVersion: '0.10.0', values: { OpenServiceMesh: { meshName: 'other' } }, defaults }
    const findings = checkIdentity({ profile: osm, from, to })
    assert.deepEqual(
      findings.map(({ code, severity }) => [code, severity]),
      [['MU110', 'error']],
    )
  })

  it('follows the identity across the renamed root key of 1.0', () => {
    const from = { chartVersion: '0.11.1', values: { OpenServiceMesh: { meshName: 'shop' } }, defaults }
    const lost = {
      chartVersion: '1.0.0',
      values: {},
      defaults: { osm: { meshName: 'osm', osmNamespace: '' } },
    }
    assert.equal(checkIdentity({ profile: osm, from, to: lost }).length, 1)
    const kept = { ...lost, values: { osm: { meshName: 'shop' } } }
    assert.deepEqual(checkIdentity({ profile: osm, from, to: kept }), [])
  })
})
