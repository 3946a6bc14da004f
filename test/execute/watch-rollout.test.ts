import assert from 'node:assert/strict'
import type { RunContext } from '../../src/execute/run-context.js'
import { narrateRollout } from '../../src/execute/watch-rollout.js'
import { refOf } from '../../src/model/kube-object.js'
import type { Diagnosis } from '../../src/model/rollout.js'
import { aDeployment } from '../support/builders.js'
import { diagnosis } from '../report/samples.js'

/** Watches a rollout that does not move for so long; gives what was noted, and when. */
async function watch(seconds: number, found: () => Promise<Diagnosis>): Promise<[number, string][]> {
  const stuck = aDeployment('osm-controller', { availableReplicas: 0 })
  const stop = new AbortController()
  const notes: [number, string][] = []
  let now = 0
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms
      if (now >= seconds * 1000) stop.abort()
    },
  }
  const ports = {
    clock,
    cluster: { listObjects: async () => [stuck] },
    progress: (event: { type: string; message?: string }) => {
      if (event.type === 'note') notes.push([now / 1000, event.message ?? ''])
    },
  }
  await narrateRollout([refOf(stuck)], { ports, diagnose: found } as unknown as RunContext, stop.signal)
  return notes
}

describe('watching a rollout', () => {
  it('names the cause with its remedy within seconds of a stall, once', async () => {
    const notes = await watch(120, () => Promise.resolve(diagnosis))
    const causes = notes.filter(([, text]) => text.startsWith('cause: MU704'))
    assert.equal(causes.length, 1)
    assert.ok(causes[0]![0] >= 5 && causes[0]![0] <= 10, String(causes[0]![0]))
    assert.ok(
      notes.some(([, text]) => text.includes('{program} osm -n osm-system --to 0.10.0 --images chart')),
    )
    // The pod is explained: it is not told of again.
    assert.ok(!notes.some(([, text]) => text.startsWith('not ready:')))
  })

  it('tells pods without a known cause only after a longer stall', async () => {
    const notes = await watch(120, () => Promise.resolve({ ...diagnosis, findings: [] }))
    assert.equal(notes.length, 1)
    assert.ok(notes[0]![0] >= 15)
    assert.match(notes[0]![1], /^not ready: Pod osm-system\/osm-controller-abc: ImagePullBackOff/)
  })

  it('goes on watching where the cause cannot be asked for', async () => {
    assert.deepEqual(await watch(60, () => Promise.reject(new Error('no'))), [])
  })
})
