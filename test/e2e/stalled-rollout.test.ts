/** An upgrade whose pods fit on no node: what is said while it waits, and how it ends. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { UpgradeOutcome } from '../../src/model/outcome.js'
import { customResources, differing } from '../support/cluster-state.js'
import {
  chartsFolder,
  installPlugin,
  meshOnBed,
  notesFolder,
  type MeshOnBed,
} from '../support/mesh-on-bed.js'
import { mustRun, runProgram } from '../support/run-program.js'

const tooMuch = ['limits', 'requests'].flatMap((part) => [
  '--set-string',
  `OpenServiceMesh.osmController.resource.${part}.cpu=900`,
])

describe('an upgrade whose pods fit on no node', function () {
  this.timeout(180_000)
  let mesh: MeshOnBed
  let env: Record<string, string>
  let kept: Awaited<ReturnType<typeof customResources>>

  before(async () => {
    mesh = await meshOnBed({ helm: 'helm3', chart: join(chartsFolder, '0.9.2') })
    env = installPlugin(mesh)
    kept = await customResources(env)
  })

  after(() => mesh?.stop())

  it('names the cause and what helps soon after it stalls, once, and ends with exit code 8', async () => {
    const chart = join(chartsFolder, '0.10.0')
    const words = ['osm', chart, '--yes', '--timeout', '25s', '--release-notes', notesFolder, ...tooMuch]
    let [movedAt, namedAt] = [0, 0]
    const onStderr = (text: string): void => {
      if (namedAt > 0) return
      if (/cause: /.test(text)) namedAt = Date.now()
      else movedAt = Date.now()
    }
    const ran = await runProgram('kubectl', ['mesh-upgrade', ...words, '-o', 'json'], { env, onStderr })
    assert.equal(ran.exitCode, 8, ran.stdout + ran.stderr)
    assert.equal(ran.stderr.match(/cause: MU701 Insufficient cpu.*osm-controller/g)?.length, 1, ran.stderr)
    assert.match(
      ran.stderr,
      /kubectl mesh-upgrade osm \S+ -n osm-system --to 0\.10\.0 --set .*requests\.cpu=500m/,
    )
    assert.ok(namedAt - movedAt < 10_000, `named after ${namedAt - movedAt} ms without progress`)
    const outcome = JSON.parse(ran.stdout) as UpgradeOutcome
    assert.deepEqual([outcome.result, outcome.failure?.changed], ['failed', true])
    const [pod] = outcome.diagnosis?.stalledPods ?? []
    assert.match(pod?.lastEvent ?? '', /FailedScheduling.*Insufficient cpu/)
    assert.equal(outcome.diagnosis?.findings[0]?.code, 'MU701')
    assert.deepEqual(differing(kept, await customResources(env)), [])
  })

  it('finishes the step on Ctrl-C, ends helm properly on the second, and says where things stand', async () => {
    const words = ['osm', join(chartsFolder, '0.10.0'), '--yes', '--release-notes', notesFolder, ...tooMuch]
    const child = spawn('kubectl', ['mesh-upgrade', ...words, '-o', 'json'], {
      env: { ...process.env, ...env },
    })
    const [stdout, stderr] = [child.stdout.setEncoding('utf8'), child.stderr.setEncoding('utf8')]
    let [result, told] = ['', '']
    let interrupts = 0
    stdout.on('data', (text: string) => (result += text))
    stderr.on('data', (text: string) => {
      told += text
      const isTime = interrupts === 0 ? /osm-controller: /.test(told) : /press Ctrl-C again/.test(told)
      if (isTime && ++interrupts <= 2) child.kill('SIGINT')
    })
    const exitCode = await new Promise((resolve) => child.on('close', resolve))
    assert.equal(exitCode, 130, result + told)
    assert.match(told, /finishing the current step: helm upgrade osm to chart 0\.10\.0 \(up to /)
    const outcome = JSON.parse(result) as UpgradeOutcome
    assert.equal(outcome.result, 'interrupted')
    assert.ok(outcome.failure?.nextCommands.some((command) => / resume osm /.test(command)))
  })

  it('leaves the release failed, not pending, and no lock', async () => {
    const list = ['list', '-n', 'osm-system', '-a', '-o', 'json']
    const [release] = JSON.parse(await mustRun('helm3', list, { env })) as { status: string }[]
    assert.equal(release?.status, 'failed')
    const lease = await runProgram('kubectl', ['get', 'lease', 'mesh-upgrade.osm', '-n', 'osm-system'], {
      env,
    })
    assert.equal(lease.exitCode, 1)
  })

  it('goes back to before the run with --on-failure rollback, exit code 7, and leaves nothing of it', async () => {
    const words = ['osm', join(chartsFolder, '0.10.0'), '--yes', '--release-notes', notesFolder, ...tooMuch]
    const policy = ['--on-failure', 'rollback', '--timeout', '20s', '--rollback-timeout', '60s']
    const ran = await runProgram('kubectl', ['mesh-upgrade', ...words, ...policy, '-o', 'json'], { env })
    assert.equal(ran.exitCode, 7, ran.stdout + ran.stderr)
    const outcome = JSON.parse(ran.stdout) as UpgradeOutcome
    assert.deepEqual([outcome.result, outcome.verdict?.outcome], ['rolled-back', 'pass'])
    assert.match(outcome.failure?.step ?? '', /^helm upgrade osm/)
    assert.deepEqual(differing(kept, await customResources(env)), [])
    const left = await mustRun('kubectl', ['get', 'deploy,svc', '-n', 'osm-system', '-o', 'name'], { env })
    assert.doesNotMatch(left, /osm-bootstrap|osm-validator/)
    const phase = ['get', 'cm', 'mesh-upgrade.osm', '-n', 'osm-system', '-o', 'jsonpath={.data.phase}']
    assert.equal(await mustRun('kubectl', phase, { env }), 'RolledBack')
  })

  it('goes through when the cause is mended', async () => {
    const chart = join(chartsFolder, '0.10.0')
    const mended = tooMuch.map((word) => word.replace('requests.cpu=900', 'requests.cpu=0.5'))
    const words = ['osm', chart, '--yes', '--release-notes', notesFolder, ...mended]
    const ran = await runProgram('kubectl', ['mesh-upgrade', ...words], { env })
    assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
  })
})
