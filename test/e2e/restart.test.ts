/** The mesh's own workloads restarted one after the other, on a real control plane. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { UpgradeOutcome } from '../../src/model/outcome.js'
import type { UpgradePlan } from '../../src/model/plan.js'
import { apiClient } from '../bed/api.js'
import { customResources, differing, everyObject, touched } from '../support/cluster-state.js'
import {
  chartsFolder,
  chosenValues,
  installPlugin,
  meshOnBed,
  type MeshOnBed,
} from '../support/mesh-on-bed.js'
import { mustRun, runProgram, type Ran } from '../support/run-program.js'

const replicas = ['--set', 'OpenServiceMesh.osmController.replicaCount=2']

interface SeenPod {
  metadata: { name: string; uid: string; creationTimestamp: string; deletionTimestamp?: string }
  status: { conditions?: { type: string; status: string; lastTransitionTime: string }[] }
}

describe('restarting the control plane', function () {
  this.timeout(60_000)
  let mesh: MeshOnBed
  let env: Record<string, string>

  before(async () => {
    const chart = join(chartsFolder, '0.9.2')
    mesh = await meshOnBed({ helm: 'helm3', chart, policies: 5, values: [...chosenValues, ...replicas] })
    env = installPlugin(mesh)
  })

  after(() => mesh?.stop())

  const restart = (...words: string[]): Promise<Ran> =>
    runProgram('kubectl', ['mesh-upgrade', 'restart', ...words], { env })

  async function podsOf(app: string): Promise<SeenPod[]> {
    const api = apiClient(mesh.bed.apiServerUrl, join(mesh.bed.dir, 'pki'), 'setup')
    const { text } = await api.send('GET', `/api/v1/namespaces/osm-system/pods?labelSelector=app%3D${app}`)
    return (JSON.parse(text) as { items: SeenPod[] }).items
  }

  it('refuses the data plane with what to run by hand', async () => {
    const { exitCode, stderr } = await restart('osm')
    assert.equal(exitCode, 1)
    assert.match(stderr, /kubectl rollout restart\s+deployment,statefulset,daemonset -n NAMESPACE/)
  })

  it('shows order, commands and interruption with --dry-run, and changes nothing', async () => {
    const untouched = await everyObject(env)
    const { stdout, exitCode } = await restart('--control-plane', '--dry-run', '-o', 'json')
    assert.equal(exitCode, 0, stdout)
    const steps = (JSON.parse(stdout) as UpgradePlan).hops[0]?.steps ?? []
    assert.deepEqual(
      steps.map(({ commands }) => commands[0]),
      [
        'kubectl rollout restart deployment/osm-controller -n osm-system',
        'kubectl rollout restart deployment/osm-injector -n osm-system',
        'kubectl rollout status deployment/osm-controller -n osm-system',
      ],
    )
    const text = await restart('--control-plane', '--delete-pods', '--dry-run')
    assert.match(text.stdout, /osm-injector has a single replica: it is away until its new pod is ready/)
    assert.match(text.stdout, /osm-controller: one of 2 replicas is away at a time/)
    assert.deepEqual(touched(untouched, await everyObject(env)), [])
  })

  it('asks for consent: without a terminal and --yes it is 4', async () => {
    const untouched = await everyObject(env)
    assert.equal((await restart('osm', '--control-plane')).exitCode, 4)
    assert.deepEqual(touched(untouched, await everyObject(env)), [])
  })

  it('restarts osm-injector only when osm-controller is ready, and touches nothing else', async () => {
    const kept = await customResources(env)
    const before = [...(await podsOf('osm-controller')), ...(await podsOf('osm-injector'))]
    const ran = await restart('--control-plane', '--yes', '-o', 'json')
    assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
    const outcome = JSON.parse(ran.stdout) as UpgradeOutcome
    assert.equal(outcome.result, 'repaired')
    console.log(`        restarted in ${outcome.elapsedMs} ms`)
    const [controllers, injectors] = [await podsOf('osm-controller'), await podsOf('osm-injector')]
    const old = new Set(before.map(({ metadata }) => metadata.uid))
    assert.deepEqual([controllers.length, injectors.length], [2, 1])
    for (const { metadata } of [...controllers, ...injectors])
      assert.ok(!old.has(metadata.uid), metadata.name)
    const ready = controllers.map(({ status }) => status.conditions?.find(({ type }) => type === 'Ready'))
    const lastReady =
      ready
        .map((each) => each?.lastTransitionTime ?? '')
        .sort()
        .at(-1) ?? ''
    assert.ok((injectors[0]?.metadata.creationTimestamp ?? '') >= lastReady)
    assert.deepEqual(differing(kept, await customResources(env)), [])
  })

  it('lets pods go one by one with --delete-pods, within a disruption budget', async () => {
    await mustRun(
      'kubectl',
      ['create', 'pdb', 'keep-one', '-n', 'osm-system', '--selector=app=osm-controller', '--min-available=1'],
      { env },
    )
    const before = new Set((await podsOf('osm-controller')).map(({ metadata }) => metadata.uid))
    let [fewest, ended] = [2, false]
    const watching = (async (): Promise<void> => {
      while (!ended) {
        fewest = Math.min(fewest, (await podsOf('osm-controller')).filter(isAtWork).length)
        await sleep(50)
      }
    })()
    const ran = await restart('--control-plane', '--delete-pods', '--yes', '-o', 'json')
    ended = true
    await watching
    assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
    console.log(
      `        fewest ready pods: ${fewest}, ${(JSON.parse(ran.stdout) as UpgradeOutcome).elapsedMs} ms`,
    )
    assert.equal(fewest, 1)
    const after = await podsOf('osm-controller')
    assert.deepEqual([after.length, after.filter(({ metadata }) => before.has(metadata.uid)).length], [2, 0])
  })

  it('killed in the middle, is done by the same command', async () => {
    const words = ['restart', '--control-plane', '--yes']
    const child = spawn('kubectl-mesh_upgrade', words, { env: { ...process.env, ...env } })
    child.stdout.resume()
    let told = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      told += text
      if (/osm-controller: /.test(told)) child.kill('SIGKILL')
    })
    await once(child, 'close')
    assert.doesNotMatch(told, /restart Deployment osm-system\/osm-injector/)
    const ran = await restart('--control-plane', '--yes', '-o', 'json')
    assert.equal(ran.exitCode, 0, ran.stdout + ran.stderr)
  })

  it('is refused with 5 while another run holds the lock', async () => {
    const program = fileURLToPath(new URL('../support/hold-lock.ts', import.meta.url))
    const words = ['--import', 'tsx', program, 'osm', 'osm-system', 'other-run']
    const holder = spawn(process.execPath, words, { env: { ...process.env, ...env } })
    try {
      await once(holder.stdout, 'data')
      const untouched = await everyObject(env)
      const { exitCode, stderr } = await restart('--control-plane', '--yes')
      assert.equal(exitCode, 5, stderr)
      assert.match(stderr, /other-run/)
      assert.deepEqual(touched(untouched, await everyObject(env)), [])
    } finally {
      holder.kill('SIGKILL')
    }
  })
})

function isAtWork({ metadata, status }: SeenPod): boolean {
  const ready = status.conditions?.some((each) => each.type === 'Ready' && each.status === 'True')
  return ready === true && metadata.deletionTimestamp === undefined
}
