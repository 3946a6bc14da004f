import assert from 'node:assert/strict'
import { judgeHop, recommendTarget } from '../../src/meshes/osm/version-policy.js'
import { resolveVersion } from '../../src/meshes/version-order.js'

const published = [
  '0.8.4',
  '0.9.0',
  '0.9.1',
  '0.9.2',
  '0.10.0-rc.1',
  '0.10.0',
  'v0.11.0',
  'v0.11.1',
  '1.0.0',
  '1.1.0',
  '1.1.3',
  '1.2.4',
]

describe('the version policy of Open Service Mesh', () => {
  it('recommends the newest good patch of the next minor, whatever its leading v', () => {
    const recommended = (from: string): string | undefined => recommendTarget(from, published)?.version
    assert.deepEqual(['0.8.4', '0.9.2', '0.10.0', 'v0.11.1', '1.0.0', '1.1.3', '1.2.4'].map(recommended), [
      '0.9.2',
      '0.10.0',
      'v0.11.1',
      '1.0.0',
      '1.1.3',
      '1.2.4',
      undefined,
    ])
  })

  it('says how far is too far and where to go first', () => {
    assert.deepEqual(judgeHop('0.9.2', '0.10.0', published), { type: 'supported' })
    const far = judgeHop('0.9.2', '0.11.1', published)
    assert.ok(far.type === 'too-far' && far.nextTarget === '0.10.0')
    const unlisted = judgeHop('0.9.2', '0.11.1', [])
    assert.ok(unlisted.type === 'too-far' && unlisted.nextTarget === '0.10')
    assert.equal(judgeHop('0.10.0', '0.9.2', published).type, 'downgrade')
  })
})

describe('resolveVersion', () => {
  it('takes a version with or without v, and a range', () => {
    assert.equal(resolveVersion('0.11.1', published, false), 'v0.11.1')
    assert.equal(resolveVersion('v0.10.0', published, false), '0.10.0')
    assert.equal(resolveVersion('0.9.x', published, false), '0.9.2')
    assert.equal(resolveVersion('>=0.10 <1', published, false), 'v0.11.1')
    assert.equal(resolveVersion('2.x', published, false), undefined)
    assert.equal(resolveVersion('not a version', published, false), undefined)
  })

  it('matches a prerelease only by name or with --devel', () => {
    assert.equal(resolveVersion('0.10.0-rc.1', published, false), '0.10.0-rc.1')
    assert.equal(resolveVersion('<0.10.0', published, false), '0.9.2')
    assert.equal(resolveVersion('<0.10.0', published, true), '0.10.0-rc.1')
  })
})
