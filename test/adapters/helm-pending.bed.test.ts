/** Releases that a killed helm left pending, and helms that outlive us: real helm of both majors, both drivers. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectForUpgrade } from '../../src/adapters/connect.js'
import { mendedDescription } from '../../src/adapters/release-mend.js'
import { UpgradeError } from '../../src/errors.js'
import { historyRoom } from '../../src/model/history-room.js'
import { pendingRelease } from '../../src/model/pending-release.js'
import type { ReleaseRecord } from '../../src/model/release.js'
import type { HelmOutcome, HelmUpgradeRequest } from '../../src/ports/helm.js'
import type { WritePorts } from '../../src/ports/ports.js'
import { startBed, type Bed } from '../bed/start.js'
import { eventually, kubectl, run, tsx } from '../bed/support.js'

const folder = mkdtempSync(join(tmpdir(), 'helm-pending-test-'))
const namespace = 'default'
const program = fileURLToPath(new URL('../support/helm-process.ts', import.meta.url))
const quiet = new AbortController().signal
const chart = join(folder, 'small')
/** Numbers and letters that a way through JavaScript would change. */
const delicate = { big: '12345678901234567890', words: 'ünï © <&>' }

function writeChart(): void {
  mkdirSync(join(chart, 'templates'), { recursive: true })
  writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: small\nversion: 1.0.0\n')
  writeFileSync(
    join(chart, 'values.yaml'),
    `selector: {}\nbig: ${delicate.big}\nwords: "${delicate.words}"\n`,
  )
  const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: "{{ .Release.Name }}"}
spec:
  selector: {matchLabels: {app: "{{ .Release.Name }}"}}
  template:
    metadata: {labels: {app: "{{ .Release.Name }}"}}
    spec:
      nodeSelector: {{ toJson .Values.selector }}
      containers: [{name: a, image: "a:1"}]
`
  writeFileSync(join(chart, 'templates', 'deployment.yaml'), deployment)
  // An upgrade to these values waits for ever: its pods fit on no node.
  writeFileSync(join(folder, 'stuck.json'), '{"selector":{"nowhere":"x"}}')
  writeFileSync(join(folder, 'good.json'), '{}')
}

function logFolder(): string {
  return mkdtempSync(join(folder, 'log-'))
}

describe('a release that a helm left', function () {
  this.timeout(120_000)
  let bed: Bed
  before(async () => {
    writeChart()
    bed = await startBed({ name: 'pending' })
  })
  after(async () => {
    rmSync(folder, { recursive: true })
    await bed.stop()
  })

  for (const [major, driver] of [
    [3, 'secret'],
    [3, 'configmap'],
    [4, 'secret'],
    [4, 'configmap'],
  ] as const) {
    describe(`of helm ${major} with driver ${driver}`, () => {
      const binary = `helm${major}`
      let env: NodeJS.ProcessEnv
      let ports: WritePorts

      const helm = async (...words: string[]): Promise<string> => (await run(binary, words, { env })).stdout
      const history = async (name: string): Promise<{ status: string; description: string }[]> =>
        JSON.parse(await helm('history', name, '-o', 'json')) as { status: string; description: string }[]
      const statuses = async (name: string): Promise<string[]> =>
        (await history(name)).map(({ status }) => status)
      const recordOf = async (name: string): Promise<ReleaseRecord> => {
        const record = await ports.releases.readNewestRecord({ name, namespace })
        assert.ok(record)
        return record
      }
      const request = (name: string, valuesFile = 'stuck.json'): HelmUpgradeRequest => ({
        ...{ releaseName: name, namespace, chartPath: chart, chartVersion: '1.0.0' },
        ...{ valuesFile: join(folder, valuesFile), timeoutMs: 60_000, extraArguments: [] },
        logFolder: logFolder(),
      })
      const rollback = (name: string, toRevision: number, timeoutMs = 30_000): Promise<HelmOutcome> =>
        ports.helmWriter.rollback(
          { releaseName: name, namespace, toRevision, timeoutMs, extraArguments: [], logFolder: logFolder() },
          () => undefined,
          quiet,
        )
      const untilPending = (name: string): Promise<void> =>
        eventually(async () => assert.equal((await recordOf(name)).releaseStatus, 'pending-upgrade'))

      /** Leaves the release pending, as a helm that is killed does. */
      const leavePending = async (name: string): Promise<HelmOutcome> => {
        const asked = request(name)
        const ended = ports.helmWriter.upgrade(asked, () => undefined, quiet)
        await untilPending(name)
        const child = await ports.helmWriter.lingering(asked.logFolder)
        assert.equal(child?.state, 'alive')
        process.kill(child?.pid ?? 0, 'SIGKILL')
        return ended
      }

      /** A process of ours that upgrades and is killed by SIGKILL at work. */
      const killOurs = async (asked: HelmUpgradeRequest): Promise<void> => {
        const words = [...tsx, program, binary, JSON.stringify(asked)]
        const child: ChildProcess = spawn(process.execPath, words, { env, stdio: 'ignore' })
        await untilPending(asked.releaseName)
        const gone = new Promise((resolve) => child.on('close', resolve))
        child.kill('SIGKILL')
        await gone
      }

      before(async () => {
        env = { ...process.env, ...bed.env, HELM_BIN: binary, HELM_DRIVER: driver }
        ports = await connectForUpgrade({}, () => undefined, env)
        await kubectl(bed, 'get', 'nodes')
      })

      it('pending is named, refused by helm, mended, and helm goes on', async () => {
        const name = `mend-${major}-${driver}`
        await helm('install', name, chart)
        const outcome = await leavePending(name)
        assert.equal(outcome.ending, 'killed')
        assert.match(outcome.message, /killed \(SIGKILL\).*may be left pending-upgrade/)
        await assert.rejects(helm('upgrade', name, chart), /another operation .* is in progress/)

        const record = await recordOf(name)
        const pending = pendingRelease(record)
        assert.deepEqual([pending?.by, pending?.alive], ['a helm, of whom it does not say', 'unknown'])
        const before = await helm('get', 'values', name, '--all', '-o', 'json', '--revision', '2')
        assert.equal(await ports.releaseWriter.mendPending({ name, namespace }, 2, record.uid), 'mended')
        assert.equal(await ports.releaseWriter.mendPending({ name, namespace }, 2, record.uid), 'not-pending')
        const [, mended] = await history(name)
        assert.deepEqual([mended?.status, mended?.description], ['failed', mendedDescription])
        assert.equal((await recordOf(name)).releaseStatus, 'failed')
        assert.equal(await helm('get', 'values', name, '--all', '-o', 'json', '--revision', '2'), before)
        assert.match(before, /ünï © /)

        // Back first: helm 3 takes from the cluster what a failed revision added only when it goes back from it.
        assert.equal((await rollback(name, 1)).succeeded, true)
        assert.deepEqual(await statuses(name), ['superseded', 'failed', 'deployed'])
        await helm('upgrade', name, chart, '--wait')
        assert.deepEqual(await statuses(name), ['superseded', 'failed', 'superseded', 'deployed'])
      })

      // What follows does not depend on where releases are kept.
      if (driver === 'configmap') return

      it('pending is not mended where it is another object by now', async () => {
        const name = `moved-${major}-${driver}`
        await helm('install', name, chart)
        await leavePending(name)
        await assert.rejects(
          ports.releaseWriter.mendPending({ name, namespace }, 2, 'another-uid'),
          (error) => error instanceof UpgradeError && error.code === 'PlanStale',
        )
        assert.deepEqual(await statuses(name), ['deployed', 'pending-upgrade'])
        // helm itself goes back from there, and leaves it in the history.
        assert.equal((await rollback(name, 1)).succeeded, true)
        assert.deepEqual(await statuses(name), ['superseded', 'pending-upgrade', 'deployed'])
      })

      it('failed is rolled back; a rollback that does not become ready says so', async () => {
        const name = `failed-${major}-${driver}`
        await helm('install', name, chart)
        const upgrade = { ...request(name), timeoutMs: 2_000 }
        const outcome = await ports.helmWriter.upgrade(upgrade, () => undefined, quiet)
        assert.deepEqual([outcome.succeeded, outcome.ending], [false, 'exited'])
        assert.equal((await rollback(name, 1)).succeeded, true)
        assert.deepEqual(await statuses(name), ['superseded', 'failed', 'deployed'])
        const back = await rollback(name, 2, 2_000)
        assert.deepEqual([back.succeeded, back.ending], [false, 'exited'])
        assert.match(back.message, /^(?!Error)[^]*context deadline exceeded/)
        assert.equal((await statuses(name)).at(-1), 'failed')
        const nowhere = await rollback(name, 99)
        assert.match(nowhere.message, /release has no 99 version/)
      })

      it('goes on when we are killed, and is waited for', async () => {
        const name = `lives-${major}-${driver}`
        await helm('install', name, chart)
        const asked = { ...request(name), timeoutMs: 4_000 }
        await killOurs(asked)
        const lingering = await ports.helmWriter.lingering(asked.logFolder)
        assert.ok(lingering)
        assert.equal(pendingRelease(await recordOf(name), { lingering })?.alive, 'alive')
        const lines: string[] = []
        const settled = await ports.helmWriter.settle(
          lingering,
          { waitMs: 30_000 },
          (line) => lines.push(line),
          quiet,
        )
        assert.equal(settled, 'ended')
        assert.match(lines.join('\n'), /context deadline exceeded/)
        assert.deepEqual(await statuses(name), ['deployed', 'failed'])
      })

      it('is ended by SIGTERM when nobody wants to wait, and records that it failed', async () => {
        const name = `ended-${major}-${driver}`
        await helm('install', name, chart)
        const asked = request(name)
        await killOurs(asked)
        const lingering = await ports.helmWriter.lingering(asked.logFolder)
        assert.ok(lingering)
        const startedAt = Date.now()
        const settled = await ports.helmWriter.settle(lingering, { waitMs: 0 }, () => undefined, quiet)
        assert.equal(settled, 'terminated')
        assert.ok(Date.now() - startedAt < 5_000)
        assert.deepEqual(await statuses(name), ['deployed', 'failed'])
        assert.equal(await ports.helmWriter.lingering(asked.logFolder), undefined)
      })

      it('killed after us is known to be gone, so that its release may be mended', async () => {
        const name = `dead-${major}-${driver}`
        await helm('install', name, chart)
        const asked = request(name)
        await killOurs(asked)
        const alive = await ports.helmWriter.lingering(asked.logFolder)
        process.kill(alive?.pid ?? 0, 'SIGKILL')
        await eventually(async () =>
          assert.equal((await ports.helmWriter.lingering(asked.logFolder))?.state, 'gone'),
        )
        const lingering = await ports.helmWriter.lingering(asked.logFolder)
        assert.ok(lingering)
        const pending = pendingRelease(await recordOf(name), { lingering })
        assert.deepEqual([pending?.pending, pending?.alive], ['pending-upgrade', 'gone'])
        await ports.releaseWriter.mendPending(
          { name, namespace },
          pending?.releaseRevision ?? 0,
          pending?.uid ?? '',
        )
        assert.equal(await ports.helmWriter.settle(lingering, { waitMs: 0 }, () => undefined, quiet), 'ended')
        await helm('upgrade', name, chart)
        assert.deepEqual(await statuses(name), ['superseded', 'failed', 'deployed'])
      })

      it('loses the rollback points that historyRoom names', async () => {
        const name = `room-${major}-${driver}`
        await helm('install', name, chart)
        const seen = async (): Promise<number[]> =>
          (JSON.parse(await helm('history', name, '-o', 'json')) as { revision: number }[]).map(
            ({ revision }) => revision,
          )
        const room = historyRoom([{ releaseRevision: 1, releaseStatus: 'deployed' }], 3, 2)
        for (let hop = 1; hop <= 3; hop++) {
          await helm('upgrade', name, chart, '--history-max', '2')
          const gone = room.pruned
            .filter((each) => each.hop <= hop)
            .map(({ releaseRevision }) => releaseRevision)
          const stored = await seen()
          assert.deepEqual(
            [1, 2, 3, 4].filter((revision) => revision <= hop + 1 && !stored.includes(revision)),
            gone,
          )
        }
        assert.equal(room.enough, 4)
      })
    })
  }
})
