import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { isRunning } from './build-lock.js'
import { setLog, setPodLog } from './logs.js'
import { serveChartRepository } from './repository.js'
import { startBed, type Bed } from './start.js'
import { readRecord, saveBed } from './state.js'
import { apply, bedCli, childOf, deployment, eventually, failure, firstLine } from './support.js'
import { isAlive, job, kubectl, pods, run, tsx } from './support.js'

interface PodState {
  status: string
  reason: string
  text: string
  event?: string
}

/** By wished state: the pod's phase, why its container waits, what its status says, and the event that tells it. */
const failingStates: Record<string, PodState> = {
  'image-pull': {
    status: 'Pending',
    reason: 'ImagePullBackOff',
    text: 'registry/app:1: not found',
    event: 'BackOff',
  },
  'crash-loop': { status: 'Running', reason: 'CrashLoopBackOff', text: '"exitCode":1', event: 'BackOff' },
  oom: { status: 'Running', reason: 'CrashLoopBackOff', text: '"reason":"OOMKilled"', event: 'BackOff' },
  'config-error': {
    status: 'Pending',
    reason: 'CreateContainerConfigError',
    text: 'configmap \\"missing\\" not found',
    event: 'Failed',
  },
  unready: { status: 'Running', reason: '', text: '"started":true', event: 'Unhealthy' },
  'init-stuck': { status: 'Pending', reason: 'PodInitializing', text: 'incomplete status: [first]' },
  'pending-forever': {
    status: 'Pending',
    reason: 'ContainerCreating',
    text: 'unready status',
    event: 'FailedMount',
  },
}

describe('test bed', () => {
  const temporary = mkdtempSync(join(tmpdir(), 'bed-test-'))
  const saved = join(temporary, 'saved.tgz')
  let bed: Bed
  let small: Bed

  before(async () => {
    ;[bed, small] = await Promise.all([
      startBed({ audit: true }),
      startBed({ name: 'small', nodes: 1, cpu: '1' }),
    ])
  })

  after(async () => {
    await Promise.all([bed.stop(), small.stop()])
    rmSync(temporary, { recursive: true })
  })

  it('runs two side by side that share nothing', async () => {
    await kubectl(bed, 'create', 'namespace', 'only-here')
    assert.match(await kubectl(small, 'get', 'nodes', '-o', 'name'), /^node\/node-1\n$/)
    assert.doesNotMatch(await kubectl(small, 'get', 'namespaces', '-o', 'name'), /only-here/)
    assert.notEqual(bed.serviceRange, small.serviceRange)
  })

  it('brings a Deployment up with init containers, and a Job to its end', async () => {
    await apply(bed, deployment('fine'), job('done'))
    await kubectl(bed, 'wait', '--for=condition=available', 'deployment/fine', '--timeout=20s')
    await kubectl(bed, 'wait', '--for=condition=complete', 'job/done', '--timeout=20s')
    const [pod] = await pods(bed, 'fine')
    assert.deepEqual(
      pod?.status.containerStatuses?.map(({ ready, started, restartCount }) => ({
        ready,
        started,
        restartCount,
      })),
      [{ ready: true, started: true, restartCount: 0 }],
    )
    assert.match(JSON.stringify(pod.status), /"imageID":"registry\/app:1@sha256:/)
  })

  it('shows each failing state that a pod template asks for', async () => {
    await apply(bed, ...Object.keys(failingStates).map((state) => deployment(state, { state })))
    for (const [state, expected] of Object.entries(failingStates)) {
      await eventually(async () => {
        const [pod] = await pods(bed, state)
        assert.equal(pod?.status.phase, expected.status)
        assert.equal(pod.status.containerStatuses?.[0]?.state.waiting?.reason ?? '', expected.reason)
        assert.equal(pod.status.conditions?.find(({ type }) => type === 'Ready')?.status, 'False')
        assert.ok(JSON.stringify(pod.status).includes(expected.text), JSON.stringify(pod.status))
        const events = await kubectl(bed, 'events', '--for', `pod/${pod.metadata.name}`)
        assert.match(events, new RegExp(expected.event ?? ''))
      })
    }
  })

  it('restarts a crashing container again and again', () =>
    eventually(async () => {
      const [pod] = await pods(bed, 'crash-loop')
      assert.ok((pod?.status.containerStatuses?.[0]?.restartCount ?? 0) >= 2)
    }))

  it('replaces the usual text by the one asked for', async () => {
    await apply(bed, deployment('told', { state: 'image-pull', message: 'denied: quota exceeded' }))
    await eventually(async () =>
      assert.match(JSON.stringify(await pods(bed, 'told')), /denied: quota exceeded/),
    )
  })

  it('finishes a failing rollout when the template is mended', async () => {
    await apply(bed, deployment('crash-loop'))
    await kubectl(bed, 'rollout', 'status', 'deployment/crash-loop', '--timeout=20s')
    await eventually(async () => assert.equal((await pods(bed, 'crash-loop')).length, 1))
  })

  it('leaves a pod that fits no node to the real scheduler', async () => {
    await apply(small, deployment('large', { cpu: '2' }))
    await eventually(async () =>
      assert.match(await kubectl(small, 'events'), /FailedScheduling.*Insufficient cpu/),
    )
  })

  it('answers kubectl logs: by default, by annotation, and for one container', async () => {
    setLog(bed, 'boot', 'one\ntwo\n')
    await apply(bed, deployment('telling', { log: 'boot' }))
    const logs = (name: string): Promise<string> => kubectl(bed, 'logs', `deployment/${name}`, '-c', 'app')
    assert.equal(await logs('fine'), 'log of a container in the test bed\n')
    await eventually(async () => assert.equal(await logs('telling'), 'one\ntwo\n'))
    const [pod] = await pods(bed, 'fine')
    await setPodLog(bed, { namespace: 'default', name: pod!.metadata.name, container: 'app' }, 'panic: no\n')
    await eventually(async () => assert.equal(await logs('fine'), 'panic: no\n'))
  })

  it('tells in the audit log who did what', () => {
    const lines = readFileSync(join(bed.dir, 'audit.log'), 'utf8').trim().split('\n')
    const users = new Set(
      lines.map((line) => (JSON.parse(line) as { user: { username: string } }).user.username),
    )
    for (const user of ['bed:admin', 'bed:setup', 'bed:kwok', 'system:kube-scheduler'])
      assert.ok(users.has(user), user)
  })

  it('restores a saved state beside the bed it was saved from', async () => {
    await kubectl(bed, 'create', 'service', 'clusterip', 'front', '--tcp=80')
    await saveBed(bed, saved)
    const restored = await startBed({ restoreFrom: saved })
    try {
      const [first = '', second = ''] = restored.serviceRange.split('.')
      const address = await kubectl(restored, 'get', 'service', 'front', '-o', 'jsonpath={.spec.clusterIP}')
      assert.ok(address.startsWith(`${first}.${second}.`), `${address} in ${restored.serviceRange}`)
      await apply(restored, deployment('fine', { cpu: '10m' }))
      await kubectl(restored, 'rollout', 'status', 'deployment/fine', '--timeout=20s')
      const told = (): Promise<string> => kubectl(restored, 'logs', 'deployment/telling', '-c', 'app')
      // KWOK reads its Logs objects some moments after it started.
      await eventually(async () => assert.equal(await told(), 'one\ntwo\n'))
    } finally {
      await restored.stop()
    }
  })

  it('leaves nothing when it is stopped', async () => {
    const ending = await startBed()
    const pids = Object.values(readRecord(ending.dir).pids)
    await ending.stop()
    assert.equal(existsSync(ending.dir), false)
    assert.deepEqual(pids.filter(isRunning), [])
  })

  it('leaves nothing when its owner is killed', async () => {
    const start = `import { startBed } from ${JSON.stringify(new URL('start.ts', import.meta.url).href)}
      console.log((await startBed()).dir)
      setInterval(() => {}, 1000)`
    const owner = spawn(process.execPath, [...tsx, '--input-type=module', '-e', start])
    const [dir = ''] = await firstLine(owner.stdout)
    const pids = Object.values(readRecord(dir).pids)
    assert.equal(pids.filter(isRunning).length, 5)
    owner.kill('SIGKILL')
    await eventually(() => {
      assert.equal(existsSync(dir), false)
      assert.deepEqual(pids.filter(isAlive), [])
    })
  })

  it('is run by hand: up, list, down', async () => {
    const env = { XDG_RUNTIME_DIR: temporary }
    const { stdout, stderr } = await bedCli(env, 'up', '--name', 'hand', '--nodes', '1')
    assert.match(stdout, /^export KUBECONFIG='.*'\n(export \w+=.*\n)+$/)
    assert.match((await bedCli(env, 'up', '--name', 'hand')).stderr, /runs already/)
    assert.match((await bedCli(env, 'list')).stdout, /^hand {2}\d+ {2}https:/)
    const { stdout: nodes } = await run('sh', ['-c', `${stdout}\nkubectl get nodes -o name`])
    assert.equal(nodes, 'node/node-1\n', stderr)
    await bedCli(env, 'down', '--all')
    assert.equal((await bedCli(env, 'list')).stdout, '')
    assert.equal(existsSync(/BED_DIR='(.*)'/.exec(stdout)?.[1] ?? '/'), false)
  })

  it('refuses senseless words in one line', async () => {
    await assert.rejects(bedCli({}, 'up', '--nodes', 'x'), {
      code: 1,
      stdout: '',
      stderr: /^bed: --nodes .*x\n$/,
    })
    await assert.rejects(bedCli({}, 'down', '--name', 'nobody'), {
      code: 1,
      stderr: /^bed: no bed named nobody.*\n$/,
    })
  })

  it('says which binary is missing, and what to do without Go', async () => {
    const given = await failure(bedCli({ MESH_UPGRADE_BED_BIN: temporary }, 'build'))
    assert.match(given, /^bed: MESH_UPGRADE_BED_BIN=.* has no executable kube-apiserver, .*etcd\n$/)
    const empty = { MESH_UPGRADE_BED_BIN: '', PATH: dirname(process.execPath), XDG_CACHE_HOME: temporary }
    assert.match(
      await failure(bedCli(empty, 'build')),
      /no go in PATH: install it, .*MESH_UPGRADE_BED_BIN\n$/,
    )
  })

  it('builds once for two that ask at once, takes over from a dead builder, and keeps two builds', async () => {
    const cache = join(temporary, 'cache')
    const builds = join(cache, 'kubectl-mesh-upgrade', 'bed')
    for (const age of [1, 2, 3]) {
      mkdirSync(join(builds, `old-${age}`), { recursive: true })
      utimesSync(join(builds, `old-${age}`), age, age)
    }
    const dead = spawn('true')
    await new Promise((resolve) => dead.on('close', resolve))
    writeFileSync(join(builds, 'lock'), String(dead.pid))
    const go =
      'case $1 in version) echo go version go9.9 any/any;; *) sleep 0.1; echo >"$6"; chmod +x "$6";; esac'
    writeFileSync(join(cache, 'go'), `#!/bin/sh\n${go}\n`, { mode: 0o755 })
    const path = [cache, process.env['PATH']].join(delimiter)
    const env = { MESH_UPGRADE_BED_BIN: '', XDG_CACHE_HOME: cache, PATH: path }
    const both = await Promise.all([bedCli(env, 'build'), bedCli(env, 'build')])
    assert.equal(both[0].stdout, both[1].stdout)
    assert.equal(both.filter(({ stderr }) => stderr.includes('building etcd (8 of 8')).length, 1)
    assert.deepEqual(readdirSync(builds).sort(), [basename(both[0].stdout.trim()), 'old-3'].sort())
  })

  it('serves charts and release notes to helm', async () => {
    const chart = join(temporary, 'hello')
    mkdirSync(chart)
    writeFileSync(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: hello\nversion: 1.2.3\n')
    writeFileSync(join(temporary, 'v1.2.3.md'), '# news\n')
    const repository = await serveChartRepository({
      dir: join(temporary, 'repo'),
      charts: [chart],
      notes: temporary,
    })
    try {
      const { stdout } = await run(
        'helm4',
        ['show', 'chart', 'hello', '--repo', repository.url],
        childOf(bed),
      )
      assert.match(stdout, /version: 1.2.3/)
      assert.equal(await (await fetch(`${repository.url}/notes/v1.2.3.md`)).text(), '# news\n')
      assert.equal((await fetch(`${repository.url}/notes/..%2Fsaved.tgz`)).status, 404)
    } finally {
      await repository.close()
    }
  })
})
