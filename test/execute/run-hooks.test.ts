import assert from 'node:assert/strict'
import { UpgradeError } from '../../src/errors.js'
import { runHooks, type HookRun } from '../../src/execute/run-hooks.js'
import type { HookEvent } from '../../src/model/hooks.js'
import type { ProgressEvent } from '../../src/model/progress.js'
import type { HookCall, HookResult } from '../../src/ports/hooks.js'
import { virtualClock } from '../support/virtual-clock.js'

type Answer = Partial<HookResult> & { says?: string[] }

function setUp(event: HookEvent, answers: Answer[], signal = new AbortController().signal) {
  const clock = virtualClock()
  const calls: HookCall[] = []
  const told: ProgressEvent[] = []
  const noted: string[] = []
  const run: HookRun = {
    settings: { hooks: [{ event, command: 'gate' }], timeoutMs: 60_000, deadlineMs: 60_000 },
    note: async (message) => void noted.push(message),
    signal,
  }
  const ports = {
    clock,
    progress: (each: ProgressEvent) => void told.push(each),
    redact: (text: string) => text.replaceAll('s3cr3t', '(hidden)'),
    hookRunner: {
      async run(call: HookCall, onLine: (line: string) => void): Promise<HookResult> {
        calls.push(call)
        const { says = [], ...answer } = answers.shift() ?? {}
        says.forEach(onLine)
        return { ending: 'exited', exitCode: 0, lastLine: says.at(-1) ?? '', ...answer }
      },
    },
  }
  const facts = { release: 'osm', run: 'run-1' }
  return { clock, calls, told, noted, go: () => runHooks(event, facts, run, ports) }
}

const notYet = (line: string): Answer => ({ exitCode: 75, says: [line] })

describe('runHooks', () => {
  it('gives the data on stdin and as environment, and journals begin and end', async () => {
    const { go, calls, noted } = setUp('before-run', [{}])
    await go()
    assert.deepEqual(JSON.parse(calls[0]?.input ?? ''), {
      ...{ apiVersion: 'mesh-upgrade.dev/v1alpha1', kind: 'HookEvent', event: 'before-run' },
      ...{ release: 'osm', run: 'run-1' },
    })
    assert.equal(calls[0]?.environment['MESH_UPGRADE_RUN'], 'run-1')
    assert.deepEqual(noted, ['hook before-run begins', 'hook before-run ended: exit code 0'])
  })

  it('fails with the output, redacted, on one line each, and driving no terminal', async () => {
    const { go } = setUp('after-hop', [{ exitCode: 2, says: ['token s3cr3t', '\u001B[2Jgone'] }])
    await assert.rejects(go(), (error: unknown) => {
      assert.ok(error instanceof UpgradeError && error.code === 'HookFailed')
      assert.equal(error.message, 'hook after-hop failed: exit code 2\n  token (hidden)\n  [2Jgone')
      return true
    })
  })

  it('counts a timeout, a kill and a shell that is not there as failures', async () => {
    for (const ending of ['timed-out', 'killed', 'stopped', 'not-started'] as const) {
      const { go } = setUp('before-run', [{ ending, exitCode: null }])
      await assert.rejects(go(), /hook before-run failed: it /)
    }
    // A hook that was ended by us may still have left with any code.
    await assert.rejects(setUp('before-run', [{ ending: 'timed-out', exitCode: 0 }]).go())
  })

  it('asks again after as long as the hook says, and says what is waited for', async () => {
    const { go, clock, calls, told } = setUp('before-run', [notYet('retry-after: 7'), notYet(''), {}])
    const done = go()
    await clock.pass(6_999)
    assert.equal(calls.length, 1)
    await clock.pass(1)
    assert.equal(calls.length, 2)
    await clock.pass(10_000)
    await done
    assert.equal(calls.length, 3)
    const waits = told.flatMap((each) => (each.type === 'step-progress' ? [each.message] : []))
    assert.match(waits[0] ?? '', /^hook before-run is not ready; it is asked again in 7 s, until 20/)
  })

  it('gives up at the deadline, when stopped, and after something that is done', async () => {
    await assert.rejects(setUp('before-run', [notYet('retry-after: 61')]).go(), /not ready within 60 s/)
    await assert.rejects(setUp('after-run', [notYet('')]).go(), /exit code 75/)
    const stop = new AbortController()
    const { go, calls } = setUp('before-run', [notYet('')], stop.signal)
    const waiting = go()
    setImmediate(() => stop.abort())
    await assert.rejects(waiting, /stopped while it was waited for/)
    assert.equal(calls.length, 1)
  })

  it('shows no more than a person can read', async () => {
    const says = Array.from({ length: 5000 }, (_, index) => `line ${index} ${'x'.repeat(10_000)}`)
    const { go, told } = setUp('before-run', [{ says, exitCode: 1 }])
    await assert.rejects(go(), (error: Error) => error.message.length < 20 * 600)
    const shown = told.flatMap((each) => (each.type === 'output' ? [each.line] : []))
    assert.equal(shown.length, 201)
    assert.equal(shown.at(-1), '… 4800 more lines are not shown')
  })
})
