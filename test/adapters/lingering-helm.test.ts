/** A helm that outlives the process of ours that started it, killed as nothing else can be. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findLingering } from '../../src/adapters/helm-child.js'
import type { HelmUpgradeRequest } from '../../src/ports/helm.js'
import { eventually, tsx } from '../bed/support.js'
import { pretender, type Pretender } from '../support/pretend-helm.js'

const program = fileURLToPath(new URL('../support/helm-process.ts', import.meta.url))
const quiet = new AbortController().signal
const folders: string[] = []

/** Goes on for about four seconds, and says so, unless it is asked to end. */
const patient = `trap 'echo recorded; exit 1' TERM
i=0; while [ $i -lt 40 ]; do echo "at work $i"; sleep 0.1; i=$((i+1)); done; echo finished`

function made(script: string): Pretender {
  const pretended = pretender(script)
  folders.push(pretended.request.logFolder)
  return pretended
}

/** Kills our process as soon as it has told a line of helm's. */
async function killedAtWork({ binary, request }: Pretender): Promise<void> {
  const child = spawn(process.execPath, [...tsx, program, binary, JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child.stdout.once('data', () => child.kill('SIGKILL'))
  await new Promise((resolve) => child.on('close', resolve))
}

function recordOf({ logFolder }: HelmUpgradeRequest): Record<string, unknown> {
  return JSON.parse(readFileSync(join(logFolder, 'helm-child.json'), 'utf8')) as Record<string, unknown>
}

function rewrite(request: HelmUpgradeRequest, change: Record<string, unknown>): void {
  const record = { ...recordOf(request), ...change }
  writeFileSync(join(request.logFolder, 'helm-child.json'), JSON.stringify(record))
}

describe('a helm that outlives us', function () {
  this.timeout(30_000)
  after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))

  it('is known by pid and start time, goes on, and is waited for', async () => {
    const pretended = made(patient)
    const { writer, request } = pretended
    await killedAtWork(pretended)
    const helm = await writer.lingering(request.logFolder)
    assert.deepEqual([helm?.state, helm?.kind, helm?.host], ['alive', 'upgrade', hostname()])
    assert.match(helm?.command ?? '', / upgrade osm \/charts\/osm --namespace osm-system .*--wait$/)
    assert.ok(helm)
    const lines: string[] = []
    assert.equal(await writer.settle(helm, { waitMs: 20_000 }, (line) => lines.push(line), quiet), 'ended')
    assert.equal(lines.at(-1), 'finished')
    assert.match(readFileSync(join(request.logFolder, 'helm-stdout.log'), 'utf8'), /at work 0\n[^]*finished/)
    assert.equal(await writer.lingering(request.logFolder), undefined)
  })

  it('is ended by SIGTERM when the wait is over or stopped, and recorded by itself', async () => {
    for (const stop of ['late', 'stopped']) {
      const pretended = made(patient)
      const { writer, request } = pretended
      await killedAtWork(pretended)
      const helm = findLingering(request.logFolder)
      assert.ok(helm)
      const lines: string[] = []
      const waitMs = stop === 'late' ? 300 : 60_000
      const signal = stop === 'late' ? quiet : AbortSignal.timeout(300)
      assert.equal(await writer.settle(helm, { waitMs }, (line) => lines.push(line), signal), 'terminated')
      assert.equal(lines.at(-1), 'recorded')
      assert.equal(await writer.lingering(request.logFolder), undefined)
    }
  })

  it('is found where we ended before its pid was written, not what it started itself', async () => {
    const pretended = made(`sleep 2 & ${patient}`)
    const { writer, request } = pretended
    await killedAtWork(pretended)
    const { pid } = recordOf(request)
    rewrite(request, { pid: undefined, startTime: undefined })
    const helm = await writer.lingering(request.logFolder)
    assert.deepEqual([helm?.state, helm?.pid], ['alive', pid])
    assert.ok(helm)
    assert.equal(await writer.settle(helm, { waitMs: 0 }, () => undefined, quiet), 'terminated')
    rewrite(request, { pid: undefined, startTime: undefined, endedAt: undefined })
    await eventually(() => assert.equal(findLingering(request.logFolder)?.state, 'gone'))
  })

  it('is not taken for another process that has its pid, and is gone with the boot', async () => {
    const pretended = made(patient)
    await killedAtWork(pretended)
    const found = (): unknown => findLingering(pretended.request.logFolder)?.state
    const { startTime, bootId } = recordOf(pretended.request)
    assert.equal(found(), 'alive')
    rewrite(pretended.request, { startTime: '1' })
    assert.equal(found(), 'gone')
    rewrite(pretended.request, { startTime, bootId: 'another' })
    assert.equal(found(), 'gone')
    rewrite(pretended.request, { bootId, pidNamespace: 'pid:[1]' })
    assert.equal(found(), 'unknown')
    rewrite(pretended.request, { host: 'elsewhere' })
    assert.equal(found(), 'unknown')
    const far = findLingering(pretended.request.logFolder)
    assert.ok(far)
    assert.equal(await pretended.writer.settle(far, { waitMs: 0 }, () => undefined, quiet), 'not-ended')
  })

  it('is reckoned with where the record of it is damaged', async () => {
    const pretended = made(patient)
    const { logFolder } = pretended.request
    assert.equal(findLingering(logFolder), undefined)
    await killedAtWork(pretended)
    writeFileSync(join(logFolder, 'helm-child.json'), '{"apiVersion":"mesh-up')
    const helm = findLingering(logFolder)
    assert.equal(helm?.state, 'alive')
    assert.ok(helm)
    assert.equal(await pretended.writer.settle(helm, { waitMs: 0 }, () => undefined, quiet), 'terminated')
    assert.equal(findLingering(logFolder), undefined)
  })
})
