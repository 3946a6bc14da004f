import assert from 'node:assert/strict'
import { UpgradeError } from '../../src/errors.js'
import type { Hook } from '../../src/model/hooks.js'
import { hooksOf } from '../../src/workflows/hooks.js'
import type { LiveRun } from '../../src/workflows/live-run.js'

/** A run with one hook, which works until it is stopped. */
function runWithHook(lost: AbortSignal, finishStep: AbortSignal): LiveRun {
  const hook: Hook = { event: 'before-hop', command: 'sleep 60' }
  const stopped = { ending: 'stopped', exitCode: null, lastLine: '' }
  const name = { name: 'osm', namespace: 'osm-system' }
  const versions = { from: { chartVersion: '1.0.0' }, to: { chartVersion: '2.0.0' } }
  return {
    plan: { release: name, cluster: { kubeContext: 'here' }, ...versions, hops: [] },
    request: { hooks: { hooks: [hook], timeoutMs: 60_000, deadlineMs: 0 } },
    interrupts: { finishStep, stopNow: new AbortController().signal },
    lock: { lost },
    store: { location: { runId: 'run-1', folder: '/run-1' }, appendJournal: async () => undefined },
    ports: {
      hookRunner: {
        run: (_call: unknown, _onLine: unknown, signal: AbortSignal) =>
          new Promise((resolve) => {
            if (signal.aborted) resolve(stopped)
            signal.addEventListener('abort', () => resolve(stopped))
          }),
      },
      clock: { now: () => 0, sleep: async () => undefined },
      redact: (text: string) => text,
      progress: () => undefined,
    },
  } as unknown as LiveRun
}

describe('hooks of a run', () => {
  it('are not blamed where the lock was lost while they ran', async () => {
    const losing = new AbortController()
    const run = runWithHook(losing.signal, new AbortController().signal)
    const asked = hooksOf(run, { part: 'hop-1', hop: 0 })('before-hop', {})
    losing.abort(new UpgradeError('LockLost', 'somebody broke the lock'))
    await assert.rejects(asked, { code: 'LockLost', message: 'somebody broke the lock' })
  })

  it('are named where the person stopped them', async () => {
    const stopping = new AbortController()
    const run = runWithHook(new AbortController().signal, stopping.signal)
    const asked = hooksOf(run, { part: 'hop-1', hop: 0 })('before-hop', {})
    stopping.abort()
    await assert.rejects(asked, { code: 'HookFailed', message: /it was stopped/ })
  })
})
