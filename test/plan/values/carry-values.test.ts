import assert from 'node:assert/strict'
import fc from 'fast-check'
import { osm } from '../../../src/meshes/osm/osm.js'
import { generic } from '../../../src/meshes/generic.js'
import type { ImagesMode } from '../../../src/model/upgrade-request.js'
import type { Json, Values } from '../../../src/model/values.js'
import { carryValues, type PlannedValues } from '../../../src/plan/values/carry-values.js'

const oldDefaults: Values = {
  OpenServiceMesh: {
    image: { registry: 'openservicemesh', tag: 'v0.9.2', pullPolicy: 'IfNotPresent' },
    certificateManager: 'tresor',
    sidecarImage: 'envoyproxy/envoy-alpine:v1.18.3',
    osmController: { podLabels: {}, replicaCount: 1 },
    vault: { token: '' },
    legacy: { flag: false },
  },
}
const newDefaults: Values = {
  OpenServiceMesh: {
    image: { registry: 'openservicemesh', tag: 'v0.10.0', pullPolicy: 'IfNotPresent' },
    certificateProvider: { kind: 'tresor' },
    sidecarImage: 'envoyproxy/envoy-alpine:v1.19.1',
    osmController: { podLabels: {}, replicaCount: 1 },
    vault: { token: '' },
  },
}

function carry(user: Values, overrides: Values = {}, images: ImagesMode = 'keep'): PlannedValues {
  return carryValues({
    profile: osm,
    from: { chartVersion: '0.9.2', appVersion: '0.9.2' },
    to: { chartVersion: '0.10.0' },
    userSupplied: { OpenServiceMesh: user },
    oldDefaults,
    newDefaults,
    overrides,
    images,
  })
}

function mesh(planned: PlannedValues): Values {
  return (planned.values['OpenServiceMesh'] ?? {}) as Values
}

describe('carryValues', () => {
  it('keeps a registry that the user chose and resets a tag that pinned the old version', () => {
    const planned = carry({ image: { registry: 'registry.example.com/osm', tag: 'v0.9.2' } })
    assert.deepEqual(mesh(planned), { image: { registry: 'registry.example.com/osm' } })
    const tag = planned.edits.find(({ path }) => path === 'OpenServiceMesh.image.tag')
    assert.deepEqual([tag?.action, tag?.from, tag?.to], ['reset', 'v0.9.2', 'v0.10.0'])
  })

  it('resets a registry that merely repeats the default', () => {
    assert.deepEqual(mesh(carry({ image: { registry: 'openservicemesh' } })), {})
  })

  it('resets registry and tag with --images chart, as osm mesh upgrade does', () => {
    assert.deepEqual(mesh(carry({ image: { registry: 'mine.example.com', tag: 'custom' } }, {}, 'chart')), {})
  })

  it('touches no image with --images as-is', () => {
    const image = { registry: 'mine.example.com', tag: 'v0.9.2' }
    assert.deepEqual(mesh(carry({ image }, {}, 'as-is')), { image })
  })

  it('keeps a tag of the user with a warning, and takes a suffixed old version for a pin', () => {
    const own = carry({ image: { tag: 'build-77' } })
    assert.deepEqual(mesh(own), { image: { tag: 'build-77' } })
    assert.deepEqual(
      own.findings.map(({ code, severity }) => [code, severity]),
      [['MU105', 'warning']],
    )
    assert.deepEqual(mesh(carry({ image: { tag: 'v0.9.2-fips' } })), {})
    for (const tag of ['v0.9.1', 'v0.9', '0.9.21']) assert.deepEqual(mesh(carry({ image: { tag } })), {}, tag)
    for (const tag of ['v0.10.0-mine', 'v0.100.1', '2026-11'])
      assert.deepEqual(mesh(carry({ image: { tag } })), { image: { tag } })
  })

  it('renames a key that moved and says so', () => {
    const planned = carry({ certificateManager: 'vault' })
    assert.deepEqual(mesh(planned), { certificateProvider: { kind: 'vault' } })
    assert.deepEqual(
      planned.findings.map(({ code }) => code),
      ['MU101'],
    )
  })

  it('drops a key that the new chart no longer knows, and says so', () => {
    const planned = carry({ legacy: { flag: true } })
    assert.deepEqual(mesh(planned), {})
    assert.deepEqual(
      planned.findings.map(({ code }) => code),
      ['MU103'],
    )
  })

  it('carries free-form maps, falsy values, null and keys with dots', () => {
    const user = {
      osmController: { podLabels: { 'a.b/c': 'x' }, replicaCount: 0 },
      image: { pullPolicy: null },
    }
    assert.deepEqual(mesh(carry(user)), user)
  })

  it('lets an override of this call win, also under the new name', () => {
    const planned = carry(
      { certificateManager: 'vault' },
      { OpenServiceMesh: { certificateProvider: { kind: 'tresor' } } },
    )
    assert.deepEqual(mesh(planned), { certificateProvider: { kind: 'tresor' } })
    assert.equal(planned.edits[0]?.action, 'overridden')
  })

  it('hides secrets in what it shows, not in what helm gets', () => {
    const planned = carry({ vault: { token: 's3cr3t-token' } })
    assert.deepEqual(mesh(planned), { vault: { token: 's3cr3t-token' } })
    assert.ok(!JSON.stringify(planned.edits).includes('s3cr3t-token'))
  })

  it('loses no leaf of any values: each is carried, moved, reset or dropped with a reason', () => {
    const tree = fc.letrec<{ value: Json }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.jsonValue() as fc.Arbitrary<Json>,
        fc.dictionary(fc.string(), tie('value')) as fc.Arbitrary<Json>,
      ),
    })).value
    fc.assert(
      fc.property(fc.dictionary(fc.string(), tree), (user) => {
        const planned = carryValues({
          ...{ profile: generic, userSupplied: user, oldDefaults: {}, newDefaults: {}, overrides: {} },
          from: { chartVersion: '1.0.0', appVersion: '1' },
          to: { chartVersion: '1.1.0' },
          images: 'keep',
        })
        // With nothing known of the chart everything is carried as it is.
        assert.equal(JSON.stringify(sorted(planned.values)), JSON.stringify(sorted(user)))
      }),
    )
  })
})

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => [key, sorted(member)])
}
