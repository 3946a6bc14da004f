import assert from 'node:assert/strict'
import { requiredFields } from '../../src/meshes/osm/required-fields.js'

describe('fields that CRDs of OSM require', () => {
  it('is the key size from 0.10 on, as the chart sets it', () => {
    assert.deepEqual(requiredFields('0.9.2', {}), [])
    const chosen = { OpenServiceMesh: { certificateProvider: { certKeyBitSize: 4096 } } }
    assert.deepEqual(
      [{}, chosen].map((values) => requiredFields('0.10.0', values).map(({ value }) => value)),
      [[2048], [4096]],
    )
  })
})
