import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hookRunner } from '../../src/adapters/hook-runner.js'
import type { HookResult } from '../../src/ports/hooks.js'

const never = new AbortController().signal

describe('hookRunner', function () {
  this.timeout(20_000)
  const folder = mkdtempSync(join(tmpdir(), 'hook-runner-test-'))
  const runner = hookRunner(process.env, { graceMs: 300, platform: process.platform })
  const run = async (
    command: string,
    { timeoutMs = 10_000, signal = never, environment = {}, input = '' } = {},
  ): Promise<HookResult & { lines: string[]; ms: number }> => {
    const lines: string[] = []
    const startedAt = performance.now()
    const call = { command, environment, input, timeoutMs }
    const result = await runner.run(call, (line) => lines.push(line), signal)
    return { ...result, lines, ms: performance.now() - startedAt }
  }
  const isAlive = (file: string): boolean => {
    try {
      return process.kill(Number(readFileSync(join(folder, file), 'utf8')), 0)
    } catch {
      return false
    }
  }
  after(() => rmSync(folder, { recursive: true }))

  it('gives a shell the data as environment and on stdin, and tells what it writes', async () => {
    const command = 'cat; echo "$MESH_UPGRADE_EVENT/${MESH_UPGRADE_RUN-none}"; echo bad >&2; printf "last"'
    const { ending, exitCode, lines, lastLine } = await run(command, {
      environment: { MESH_UPGRADE_EVENT: 'before-run', MESH_UPGRADE_RUN: undefined },
      input: '{"a":1}\n',
    })
    assert.deepEqual([ending, exitCode, lastLine], ['exited', 0, 'last'])
    assert.deepEqual(lines.sort(), ['bad', 'before-run/none', 'last', '{"a":1}'])
  })

  it('tells the exit code, and of a shell that is not there', async () => {
    assert.deepEqual((await run('exit 75')).exitCode, 75)
    const { ending } = await run('kill -9 $$')
    assert.equal(ending, 'killed')
    const elsewhere = hookRunner({ ComSpec: '/no/such/shell' }, { graceMs: 300, platform: 'win32' })
    const call = { command: 'x', environment: {}, input: '', timeoutMs: 1000 }
    const result = await elsewhere.run(call, () => undefined, never)
    assert.equal(result.ending, 'not-started')
    assert.match(result.reason ?? '', /ENOENT/)
  })

  it('does not mind a hook that reads nothing of a long input', async () => {
    assert.equal((await run('exit 0', { input: 'x'.repeat(5_000_000) })).exitCode, 0)
  })

  it('ends at the timeout the hook and all that it started, by SIGTERM', async () => {
    const { ending, lines, ms } = await run(
      `trap 'echo asked; exit 0' TERM; sleep 60 & echo $! > ${folder}/child; wait`,
      { timeoutMs: 300 },
    )
    assert.deepEqual([ending, lines], ['timed-out', ['asked']])
    assert.ok(ms < 15_000, `${ms} ms`)
    assert.ok(!isAlive('child'))
  })

  it('leaves what was asked to end the time to do so, and kills what does not', async () => {
    const slow = `(trap 'sleep 0.1; touch ${folder}/cleaned; exit' TERM; while :; do sleep 0.05; done) & wait`
    assert.equal((await run(slow, { timeoutMs: 300 })).ending, 'timed-out')
    assert.ok(existsSync(join(folder, 'cleaned')))
    const deaf = `trap '' TERM; (trap '' TERM; echo $$ >/dev/null; while :; do sleep 0.1; done) & echo $! > ${folder}/deaf; wait; while :; do sleep 0.1; done`
    const { ending, ms } = await run(deaf, { timeoutMs: 300 })
    assert.equal(ending, 'timed-out')
    assert.ok(ms >= 500 && ms < 15_000, `${ms} ms`)
    assert.ok(!isAlive('deaf'))
  })

  it('ends when it is stopped, and is not begun then', async () => {
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 200)
    const { ending, ms } = await run('sleep 60', { signal: stop.signal })
    assert.equal(ending, 'stopped')
    assert.ok(ms < 15_000)
    assert.equal((await run(`touch ${folder}/begun`, { signal: stop.signal })).ending, 'stopped')
    assert.ok(!existsSync(join(folder, 'begun')))
  })

  it('does not wait for what a hook leaves running with its pipes', async () => {
    const { ending, exitCode, ms, lines } = await run(`sleep 30 & echo $! > ${folder}/left; echo done`)
    assert.deepEqual([ending, exitCode, lines], ['exited', 0, ['done']])
    assert.ok(ms < 15_000, `${ms} ms`)
    assert.ok(isAlive('left'))
    process.kill(Number(readFileSync(join(folder, 'left'), 'utf8')))
  })

  it('reads a flood without a line end in pieces', async () => {
    const { lines, exitCode } = await run('head -c 3000000 /dev/zero | tr "\\0" x')
    assert.equal(exitCode, 0)
    assert.ok(lines.every((line) => line.length <= 200_000) && lines.length > 10)
  })
})
