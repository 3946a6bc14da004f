import assert from 'node:assert/strict'
import { isOnlySlow, type FailedRollout } from '../../src/diagnose/only-slow.js'
import type { Diagnosis } from '../../src/model/rollout.js'
import { diagnosis as faulty } from '../report/samples.js'

const workload = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'a', name: 'b' }
const healthy: Diagnosis = {
  workloads: [{ workload, rolloutStatus: 'InProgress', updated: 1, available: 0, desired: 2, message: '' }],
  ...{ stalledPods: [], findings: [] },
}
const slow: FailedRollout = { message: 'context deadline exceeded', diagnosis: healthy }

describe('isOnlySlow', () => {
  it('holds for a wait that ran out over healthy pods, in the words of helm 3, helm 4 and ours', () => {
    for (const message of [
      'timed out waiting for the condition',
      'resource Deployment/a/b not ready. status: InProgress, message: 1 of 2',
      'not rolled out after 300 s: Deployment a/b: 1 of 2',
    ])
      assert.ok(isOnlySlow({ ...slow, message }), message)
    assert.ok(
      isOnlySlow({ message: 'pods', diagnosis: healthy, verdict: { outcome: 'incomplete', checks: [] } }),
    )
  })

  it('does not hold where anything is wrong, or nothing is known', () => {
    const [state] = healthy.workloads
    assert.ok(state)
    const failed = { ...healthy, workloads: [{ ...state, rolloutStatus: 'Failed' as const }] }
    const unread = {
      ...healthy,
      findings: [{ code: 'MU709', severity: 'unknown' as const, message: '', evidence: [] }],
    }
    for (const [why, given] of Object.entries<FailedRollout>({
      'another reason': { ...slow, message: 'cannot patch "b"' },
      'no diagnosis': { message: slow.message },
      'no workloads': { ...slow, diagnosis: { ...healthy, workloads: [] } },
      'a cause': { ...slow, diagnosis: faulty },
      'a failed workload': { ...slow, diagnosis: failed },
      'something unread': { ...slow, diagnosis: unread },
    }))
      assert.ok(!isOnlySlow(given), why)
  })
})
