/** A run as it is seen from outside: kubectl wait, Events, `status` and `unlock`, on a real API server. */
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectForUpgrade } from '../../src/adapters/connect.js'
import { takeLock } from '../../src/execute/lock.js'
import { runEvents } from '../../src/execute/run-events.js'
import { beginRecord, markDied, updateRecord } from '../../src/execute/run-record.js'
import type { RunChange, RunIdentity } from '../../src/model/run-record.js'
import type { WritePorts } from '../../src/ports/ports.js'
import { startBed, type Bed } from '../bed/start.js'
import { firstLine, kubectl, tsx } from '../bed/support.js'
import { mustRun, runProgram, type Ran } from '../support/run-program.js'

const program = fileURLToPath(new URL('../../bin/run.js', import.meta.url))
const holder = fileURLToPath(new URL('../support/hold-lock.ts', import.meta.url))
const release = { name: 'mesh', namespace: 'mesh-system' }
const running: RunChange = { phase: 'Running', message: 'begun', hop: '1/2', step: 'backup' }
const chart = 'apiVersion: v2\nname: mesh\nversion: 1.0.0\n'
const template = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n'

function runOf(runId: string): RunIdentity {
  const facts = { from: '1.0.0', to: '2.0.0', planDigest: 'sha256:1', holder: 'anna@laptop pid 7' }
  return { release, runId, ...facts, location: 'laptop:/runs/1' }
}

/** Text as one line: where it breaks depends on its names. */
function flat(text: string): string {
  return text.replace(/\s+/g, ' ')
}

describe('a run seen from outside', function () {
  this.timeout(120_000)
  let bed: Bed
  let ports: WritePorts
  let child: ChildProcess | undefined
  const waitFor = (...words: string[]): Promise<Ran> => {
    const goal = [
      '--for=jsonpath={.data.phase}=Succeeded',
      'configmap/mesh-upgrade.mesh',
      '-n',
      'mesh-system',
    ]
    return runProgram('kubectl', ['wait', ...goal, ...words], { env: bed.env })
  }
  const run = (...words: string[]): Promise<Ran> =>
    runProgram(process.execPath, [program, ...words, '-n', 'mesh-system'], {
      env: { ...bed.env, HELM_BIN: 'helm3', NO_COLOR: '1' },
    })

  before(async () => {
    bed = await startBed({ name: 'record' })
    ports = await connectForUpgrade({}, () => undefined, { ...process.env, ...bed.env })
    const folder = join(bed.dir, 'chart')
    mkdirSync(join(folder, 'templates'), { recursive: true })
    writeFileSync(join(folder, 'Chart.yaml'), chart)
    writeFileSync(join(folder, 'templates', 'settings.yaml'), template)
    const words = ['install', 'mesh', folder, '-n', 'mesh-system', '--create-namespace']
    await mustRun('helm3', words, { env: bed.env })
  })
  after(async () => {
    child?.kill('SIGKILL')
    await bed.stop()
  })

  it('is waited for with kubectl, and never by the run before it', async () => {
    await beginRecord(runOf('run-0'), running, ports)
    await updateRecord(runOf('run-0'), { phase: 'Succeeded', message: 'verified' }, ports)
    assert.equal((await waitFor('--timeout=5s')).exitCode, 0)
    await beginRecord(runOf('run-1'), running, ports)
    assert.notEqual((await waitFor('--timeout=2s')).exitCode, 0)
    const waiting = waitFor('--timeout=60s')
    await ports.clock.sleep(1_000)
    assert.equal(await updateRecord(runOf('run-0'), { phase: 'Succeeded', message: 'late' }, ports), false)
    await updateRecord(runOf('run-1'), { ...running, step: 'verify' }, ports)
    await updateRecord(runOf('run-1'), { phase: 'Succeeded', message: 'verified' }, ports)
    const { exitCode, stdout } = await waiting
    assert.deepEqual([exitCode, stdout], [0, 'configmap/mesh-upgrade.mesh condition met\n'])
    const text = await kubectl(
      bed,
      'get',
      'configmap',
      'mesh-upgrade.mesh',
      '-n',
      'mesh-system',
      '-o',
      'json',
    )
    const { data } = JSON.parse(text) as { data: Record<string, string> }
    assert.deepEqual(
      [data.run, data.from, data.to, data.hop, data.step],
      ['run-1', '1.0.0', '2.0.0', '1/2', 'verify'],
    )
    assert.ok(data.finishedAt)
    const done = await run('status', 'mesh', '--wait', '-o', 'json')
    assert.equal(done.exitCode, 0, done.stderr)
    assert.match(done.stdout, /"state": "succeeded",\n {4}"timedOut": false/)
  })

  it('tells Events of its ConfigMap, and of the namespace where there is none', async () => {
    const tell = runEvents(release, ports)
    await tell('MeshUpgradeSucceeded', 'Open Service Mesh 1.0.0 → 2.0.0')
    await kubectl(bed, 'delete', 'configmap', 'mesh-upgrade.mesh', '-n', 'mesh-system')
    await tell('MeshUpgradeFailed', 'no')
    const text = await kubectl(bed, 'get', 'events', '-n', 'mesh-system', '-o', 'json')
    const { items } = JSON.parse(text) as { items: Record<string, unknown>[] }
    const told = items.map(({ reason, type, message, involvedObject }) => {
      const { kind, name, uid } = involvedObject as Record<string, string>
      return [reason, type, message, `${kind}/${name}`, uid !== undefined].join(' ')
    })
    assert.deepEqual(told.sort(), [
      'MeshUpgradeFailed Warning no Namespace/mesh-system false',
      'MeshUpgradeSucceeded Normal Open Service Mesh 1.0.0 → 2.0.0 ConfigMap/mesh-upgrade.mesh true',
    ])
  })

  it('fails nothing where Events are forbidden, which is said once', async () => {
    const notes: string[] = []
    const reader = await connectForUpgrade(
      { asUser: 'nobody' },
      (event) => event.type === 'note' && notes.push(event.message),
      { ...process.env, ...bed.env },
    )
    const tell = runEvents(release, reader)
    await tell('MeshUpgradeStarted', 'x')
    await tell('MeshUpgradeFailed', 'x')
    assert.equal(notes.length, 1)
    assert.match(notes[0] ?? '', /events of the run could not be written: .*User "nobody" cannot create/)
  })

  it('that died is shown as such, told by its exit code, and unlocked by name', async () => {
    const words = [...tsx, holder, release.name, release.namespace, 'run-2']
    const started = spawn(process.execPath, words, {
      env: { ...process.env, ...bed.env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    child = started
    assert.deepEqual(await firstLine(started.stdout), ['held'])
    await beginRecord(runOf('run-2'), { ...running, step: 'upgrade' }, ports)

    const alive = flat((await run('status', 'mesh')).stdout)
    assert.match(
      alive,
      /Lock held by \S+ pid \d+, since \S+, until \S+ unless renewed, its process runs here/,
    )
    assert.match(alive, /Last run running, 1\.0\.0 → 2\.0\.0, hop 1\/2, step upgrade, started/)
    const late = await run('status', 'mesh', '--wait', '--timeout', '1s')
    assert.equal(late.exitCode, 1)
    assert.match(
      late.stderr,
      /run run-2, hop 1\/2, step upgrade.*[^]*Error: the run of mesh .* is not over after 1s/,
    )
    assert.equal((await run('status', 'mesh', '--wait=Running')).exitCode, 0)
    const refused = await run('unlock', 'mesh', '--run', 'run-2')
    assert.equal(refused.exitCode, 5, refused.stderr)
    assert.match(flat(refused.stderr), /another run works on mesh: .* \(run run-2\)/)

    const ended = new Promise((resolve) => started.on('exit', resolve))
    started.kill('SIGKILL')
    await ended
    const dead = flat((await run('status', 'mesh')).stdout)
    assert.match(dead, /its process is gone/)
    assert.match(dead, /Last run died/)
    assert.match(dead, /→ kubectl mesh-upgrade resume mesh -n mesh-system/)
    assert.equal((await run('status', 'mesh', '--wait')).exitCode, 8)

    assert.equal((await run('unlock', 'mesh', '--run', 'run-1', '--yes')).exitCode, 5)
    const unnamed = await run('unlock', 'mesh')
    assert.equal(unnamed.exitCode, 1)
    assert.match(flat(unnamed.stderr), /unlock mesh -n mesh-system --run run-2/)
    assert.equal((await run('unlock', 'mesh', '--run', 'run-2')).exitCode, 4)
    const broken = await run('unlock', 'mesh', '--run', 'run-2', '--yes', '-o', 'json')
    assert.equal(broken.exitCode, 0, broken.stderr)
    assert.equal((JSON.parse(broken.stdout) as { result: string }).result, 'unlocked')
    assert.match((await run('unlock', 'mesh', '--run', 'run-2')).stdout, /nothing to do/)
    const phase = [
      'get',
      'configmap',
      'mesh-upgrade.mesh',
      '-n',
      'mesh-system',
      '-o',
      'jsonpath={.data.phase} {.data.conditions}',
    ]
    assert.match(await kubectl(bed, ...phase), /^Failed .*"reason":"RunDied"/)
  })

  it('that died is written down by the next command that holds the lock', async () => {
    await beginRecord(runOf('run-3'), running, ports)
    const lock = await takeLock(release, 'run-4', ports)
    assert.equal((await markDied(release, ports))?.run, 'run-3')
    assert.equal(await markDied(release, ports), undefined)
    await lock.release()
    assert.equal((await waitFor('--timeout=1s')).exitCode, 1)
  })
})
