import assert from 'node:assert/strict'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { decodeRelease, type StoredRelease } from '../../src/adapters/helm-storage.js'
import { UpgradeError } from '../../src/errors.js'
import type { ReleaseSnapshot } from '../../src/model/release.js'

const name = { name: 'osm', namespace: 'osm-system' }
const release = {
  name: 'osm',
  namespace: 'osm-system',
  version: 3,
  info: { status: 'deployed', last_deployed: '2026-01-01T00:00:00Z', description: 'Upgrade complete' },
  config: { osm: { enabled: true, nothing: null } },
  chart: {
    metadata: { name: 'osm', version: '0.9.2', appVersion: 'v0.9.2' },
    templates: [{ name: 'templates/a.yaml', data: Buffer.from('a: 1').toString('base64') }],
    values: { osm: { enabled: false } },
    files: [],
  },
  manifest: '---\nkind: Secret\n',
}

function stored(content: Buffer, kind: StoredRelease['kind']): StoredRelease {
  const once = content.toString('base64')
  const payload = kind === 'Secret' ? Buffer.from(once).toString('base64') : once
  return { kind, name: 'sh.helm.release.v1.osm.v3', payload }
}

function decode(value: unknown, kind: StoredRelease['kind'] = 'Secret', packed = true): ReleaseSnapshot {
  const json = Buffer.from(JSON.stringify(value))
  return decodeRelease(stored(packed ? gzipSync(json) : json, kind), name, [])
}

describe('helm storage', () => {
  it('decodes a release from a Secret and from a ConfigMap, packed and plain', () => {
    for (const kind of ['Secret', 'ConfigMap'] as const) {
      for (const packed of [true, false]) {
        const snapshot = decode(release, kind, packed)
        assert.equal(snapshot.releaseRevision, 3)
        assert.equal(snapshot.releaseStatus, 'deployed')
        assert.equal(snapshot.chartVersion, '0.9.2')
        assert.equal(snapshot.applyMethod, 'csa')
        assert.deepEqual(snapshot.userSuppliedValues.reveal(), release.config)
        assert.deepEqual(snapshot.storage, { kind, name: 'sh.helm.release.v1.osm.v3' })
      }
    }
  })

  it("takes helm 4's server-side apply, and a release without values", () => {
    const snapshot = decode({ ...release, apply_method: 'ssa', config: null })
    assert.equal(snapshot.applyMethod, 'ssa')
    assert.deepEqual(snapshot.userSuppliedValues.reveal(), {})
  })

  it('shows neither values nor manifest in JSON', () => {
    const text = JSON.stringify(decode({ ...release, config: { password: 'hunter22' } }))
    assert.ok(!text.includes('hunter22') && !text.includes('kind: Secret'))
  })

  it('calls a state that helm does not know unknown', () => {
    assert.equal(decode({ ...release, info: { status: 'exploded' } }).releaseStatus, 'unknown')
  })

  it('refuses a release that unpacks to more than there is room for', () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, 32))
    assert.throws(() => decodeRelease(stored(bomb, 'Secret'), name, []), isUndecodable)
  }).timeout(20_000)

  it('answers every input with a snapshot or ReleaseUndecodable', () => {
    const anything = fc.oneof(
      fc.jsonValue(),
      fc.record({ version: fc.jsonValue(), chart: fc.jsonValue() }),
      mutated(),
    )
    fc.assert(
      fc.property(
        anything,
        fc.constantFrom('Secret' as const, 'ConfigMap' as const),
        fc.boolean(),
        (value, kind, packed) => {
          tolerate(() => decode(value, kind, packed))
        },
      ),
    )
    fc.assert(
      fc.property(fc.anything(), (payload) => {
        tolerate(() => decodeRelease({ kind: 'Secret', name: 'x', payload }, name, []))
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const gzip = Buffer.concat([Buffer.from([0x1f, 0x8b, 8]), bytes])
        tolerate(() => decodeRelease(stored(gzip, 'Secret'), name, []))
      }),
    )
  })
})

/** A release in which one member is something else. */
function mutated(): fc.Arbitrary<unknown> {
  const keys = Object.keys(release)
  const inChart = Object.keys(release.chart)
  return fc.oneof(
    fc.tuple(fc.constantFrom(...keys), fc.jsonValue()).map(([key, value]) => ({ ...release, [key]: value })),
    fc
      .tuple(fc.constantFrom(...inChart), fc.jsonValue())
      .map(([key, value]) => ({ ...release, chart: { ...release.chart, [key]: value } })),
  )
}

function isUndecodable(error: unknown): boolean {
  return error instanceof UpgradeError && error.code === 'ReleaseUndecodable'
}

function tolerate(work: () => unknown): void {
  try {
    work()
  } catch (error) {
    assert.ok(isUndecodable(error), String(error))
  }
}
