import assert from 'node:assert/strict'
import { movedInputs } from '../../src/execute/guard-plan.js'
import type { PlanInputs } from '../../src/model/plan.js'

const inputs: PlanInputs = {
  clusterUid: 'c',
  releaseRevision: 1,
  releaseValuesDigest: 'v',
  chartDigest: 'd',
  valuesDigest: 'w',
  crds: [{ name: 'a', uid: 'u', specDigest: 's', storedVersions: ['v1'] }],
  customResources: { a: 2 },
}

describe('movedInputs', () => {
  it('finds nothing where nothing moved', () =>
    assert.deepEqual(movedInputs(inputs, structuredClone(inputs)), []))

  it('finds every input that moved', () => {
    const changes: Partial<PlanInputs>[] = [
      { clusterUid: 'x' },
      { releaseRevision: 2 },
      { releaseValuesDigest: 'x' },
      { chartDigest: 'x' },
      { valuesDigest: 'x' },
      { customResources: { a: 1 } },
      { customResources: {} },
      { crds: [] },
      { crds: [...inputs.crds, { name: 'b', uid: 'u', specDigest: 's', storedVersions: [] }] },
      { crds: [{ name: 'a', uid: 'u2', specDigest: 's', storedVersions: ['v1'] }] },
      { crds: [{ name: 'a', uid: 'u', specDigest: 's', storedVersions: ['v1', 'v2'] }] },
    ]
    for (const change of changes)
      assert.equal(movedInputs(inputs, { ...inputs, ...change }).length, 1, JSON.stringify(change))
  })
})
