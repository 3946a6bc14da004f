import assert from 'node:assert/strict'
import type { KubeObject } from '../../src/model/kube-object.js'
import { followJob } from '../../src/workflows/follow-job.js'

const place = { namespace: 'osm-system', name: 'upgrade-osm' }

/** Follows a Job whose pods and events these are until it has said so much. */
async function follow(pods: KubeObject[], events: KubeObject[], lines: number): Promise<string[]> {
  const told: string[] = []
  const until = new AbortController()
  const cluster = {
    readObject: async () => ({ apiVersion: 'batch/v1', kind: 'Job', metadata: { ...place, uid: 'job-1' } }),
    listObjects: async (_version: string, kind: string) => (kind === 'Pod' ? pods : events),
    readLogs: async () => '',
  }
  let polls = 0
  const clock = {
    sleep: async () => {
      if (told.length >= lines && ++polls > 3) until.abort()
    },
  }
  const ports = { cluster, clock } as unknown as Parameters<typeof followJob>[2]
  const followed = await followJob({ ...place } as never, (line) => told.push(line), ports, until.signal)
  assert.equal(followed.state, 'running')
  return told
}

describe('followJob', () => {
  it('says once why a Job has no pod', async () => {
    const message = 'Error creating: serviceaccount "nope" not found'
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e' },
      reason: 'FailedCreate',
      message,
    }
    assert.deepEqual(await follow([], [event], 1), [`Job upgrade-osm has no pod: FailedCreate ${message}`])
  })

  it('says once why the container of its pod does not start', async () => {
    const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "x:1"' }
    const pod = {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'osm-system', uid: 'pod-1' } },
      status: { containerStatuses: [{ state: { waiting } }] },
    }
    assert.deepEqual(await follow([pod], [], 1), [
      'pod p waits: ImagePullBackOff Back-off pulling image "x:1"',
    ])
  })
})
