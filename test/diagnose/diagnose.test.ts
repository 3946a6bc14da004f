import assert from 'node:assert/strict'
import fc from 'fast-check'
import { stalledPods } from '../../src/diagnose/stalled-pods.js'
import { workloadStatus } from '../../src/diagnose/workload-status.js'
import type { KubeObject } from '../../src/model/kube-object.js'
import { aDeployment } from '../support/builders.js'

const statusOf = (status: Record<string, unknown>, generation = 2): string =>
  workloadStatus(aDeployment('c', status, generation)).rolloutStatus

describe('workloadStatus', () => {
  it('is current only when the newest generation is seen, updated, available and alone', () => {
    assert.equal(statusOf({}), 'Current')
    assert.equal(statusOf({}, 3), 'InProgress')
    assert.equal(statusOf({ updatedReplicas: 0 }), 'InProgress')
    assert.equal(statusOf({ replicas: 2 }), 'InProgress')
    assert.equal(statusOf({ availableReplicas: 0 }), 'InProgress')
    assert.equal(
      statusOf({ conditions: [{ type: 'Progressing', reason: 'ProgressDeadlineExceeded' }] }),
      'Failed',
    )
  })

  it('is total', () => {
    fc.assert(
      fc.property(fc.object(), fc.object(), (spec, status) => {
        const object = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'x' }, spec, status }
        assert.equal(typeof workloadStatus(object).message, 'string')
      }),
    )
  })
})

describe('stalledPods', () => {
  const pod = (status: Record<string, unknown>): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n', uid: 'u' },
    status,
  })
  const event = (reason: string, lastTimestamp: string | null): KubeObject => ({
    ...{
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: reason, creationTimestamp: '2026-01-01T00:00:00Z' },
    },
    ...{ type: 'Warning', reason, message: 'm', lastTimestamp, involvedObject: { uid: 'u' } },
  })

  it('gives the waiting reason and the newest event', () => {
    const waiting = { state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off' } }, name: 'c' }
    const [found] = stalledPods(
      [pod({ containerStatuses: [waiting] })],
      [event('Old', '2026-01-02T00:00:00Z'), event('New', '2026-01-03T00:00:00Z'), event('Series', null)],
    )
    assert.deepEqual([found?.reason, found?.lastEvent], ['ImagePullBackOff', 'Warning New: m'])
  })

  it('gives the scheduler’s words for a pod that fits nowhere, and leaves ready pods out', () => {
    const unscheduled = pod({
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' }],
    })
    assert.equal(stalledPods([unscheduled], [])[0]?.message, '0/1 nodes')
    assert.deepEqual(stalledPods([pod({ conditions: [{ type: 'Ready', status: 'True' }] })], []), [])
  })

  it('is total', () => {
    fc.assert(
      fc.property(fc.object(), fc.object(), (status, odd) => {
        const anEvent = { apiVersion: 'v1', kind: 'Event', metadata: { name: 'e' }, ...odd }
        assert.equal(stalledPods([pod(status)], [anEvent]).length <= 1, true)
      }),
    )
  })
})
