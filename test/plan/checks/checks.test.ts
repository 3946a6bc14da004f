import assert from 'node:assert/strict'
import { osm } from '../../../src/meshes/osm/osm.js'
import type { CheckInput } from '../../../src/plan/checks/check.js'
import { preflightChecks } from '../../../src/plan/checks/registry.js'
import { aChart, aCluster, aRelease } from '../../support/builders.js'

const available = ['0.9.1', '0.9.2', '0.10.0', '0.11.0', 'v0.11.1', '1.0.0']

function codes(changes: Partial<CheckInput> = {}): string[] {
  const input: CheckInput = {
    ...{ profile: osm, cluster: aCluster(), release: aRelease(), chart: aChart(), available },
    ...{ before: [], after: [], comingKinds: new Set<string>() },
    ...changes,
  }
  return preflightChecks.flatMap((check) => check(input).map(({ code }) => code))
}

describe('preflight checks', () => {
  it('let a supported jump pass', () => assert.deepEqual(codes(), []))

  it('refuse a downgrade and a jump over two minors, and warn of versions to avoid', () => {
    assert.deepEqual(codes({ chart: aChart({ version: '0.9.1' }) }), ['MU301'])
    assert.deepEqual(codes({ chart: aChart({ version: 'v0.11.1' }) }), ['MU302'])
    const old = aRelease({ chartVersion: '0.8.4' })
    assert.deepEqual(codes({ release: old, chart: aChart({ version: '0.9.1' }) }), ['MU303'])
  })

  it('take 0.11 → 1.0 for one step', () => {
    assert.deepEqual(
      codes({ release: aRelease({ chartVersion: 'v0.11.1' }), chart: aChart({ version: '1.0.0' }) }),
      [],
    )
  })

  it('refuse a pending release with the rollback that mends it', () => {
    const history = [
      { releaseRevision: 3, releaseStatus: 'pending-upgrade' as const },
      { releaseRevision: 1, releaseStatus: 'superseded' as const },
      { releaseRevision: 2, releaseStatus: 'deployed' as const },
    ]
    assert.deepEqual(
      codes({ release: aRelease({ releaseStatus: 'pending-upgrade', releaseRevision: 3, history }) }),
      ['MU601'],
    )
  })

  it('refuse a chart of another name', () =>
    assert.deepEqual(codes({ chart: aChart({ name: 'istiod' }) }), ['MU304']))

  it('refuse kinds that are not served, but not those that the CRDs of the plan bring', () => {
    const object = { apiVersion: 'config.example.com/v1', kind: 'Mesh', metadata: { name: 'm' } }
    assert.deepEqual(codes({ before: [object] }), ['MU401'])
    assert.deepEqual(codes({ after: [object] }), ['MU402'])
    assert.deepEqual(codes({ after: [object], comingKinds: new Set(['config.example.com/v1/Mesh']) }), [])
  })
})
