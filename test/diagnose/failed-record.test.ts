import assert from 'node:assert/strict'
import { failedRecord } from '../../src/diagnose/failed-record.js'
import type { WorkloadStatus } from '../../src/model/rollout.js'

const release: Parameters<typeof failedRecord>[0] = {
  ...{ name: 'osm', namespace: 'osm-system', releaseRevision: 3, releaseStatus: 'failed' },
  description: 'Upgrade "osm" failed: context deadline exceeded',
}
const workload = (rolloutStatus: WorkloadStatus['rolloutStatus']): WorkloadStatus =>
  ({ rolloutStatus }) as WorkloadStatus

describe('failedRecord', () => {
  it('says so, in the words of helm, where a failed revision is well', () => {
    const found = failedRecord(release, { workloads: [workload('Current')], stalledPods: [] })
    assert.deepEqual([found?.code, found?.severity], ['MU707', 'warning'])
    assert.match(found?.message ?? '', /recorded revision 3 as failed/)
    assert.deepEqual(found?.evidence, [release.description])
    assert.deepEqual(found?.remedy?.commands[0], '{program} verify osm -n osm-system')
  })

  it('leaves it to the other causes where something is not ready, and says nothing of what is deployed', () => {
    assert.equal(failedRecord(release, { workloads: [workload('InProgress')], stalledPods: [] }), undefined)
    const deployed = { ...release, releaseStatus: 'deployed' as const }
    assert.equal(failedRecord(deployed, { workloads: [workload('Current')], stalledPods: [] }), undefined)
  })
})
