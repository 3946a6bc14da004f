/** Success is all of it: each part is broken in turn on a real control plane, and the verdict is no pass. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectForReading, type ConnectOptions } from '../../src/adapters/connect.js'
import { verifyRelease } from '../../src/inspect.js'
import type { CheckResult, Verdict } from '../../src/model/verdict.js'
import type { ClusterReader } from '../../src/ports/cluster.js'
import { apply, eventually, kubectl } from '../bed/support.js'
import { chartsFolder, meshOnBed, type MeshOnBed } from '../support/mesh-on-bed.js'
import { mustRun } from '../support/run-program.js'

const wish = { releaseName: 'osm', namespace: 'osm-system' }
const place = ['-n', 'osm-system']
const chart = join(chartsFolder, '0.10.0')

describe('the verdict on a mesh', function () {
  this.timeout(180_000)
  let mesh: MeshOnBed
  const on = (...words: string[]): Promise<string> => kubectl(mesh.bed, ...place, ...words)

  async function verify(options: ConnectOptions = {}, count?: (method: string) => void): Promise<Verdict> {
    const ports = await connectForReading(options, () => undefined, { ...process.env, ...mesh.env })
    const cluster = new Proxy(ports.cluster, {
      get: (target, name) => {
        count?.(String(name))
        return target[name as keyof ClusterReader]
      },
    })
    return verifyRelease(wish, { ...ports, cluster })
  }

  /** What is not as it should be, by check. */
  async function faults(options?: ConnectOptions): Promise<Record<string, CheckResult['status']>> {
    const { checks } = await verify(options)
    return Object.fromEntries(
      checks.filter(({ status }) => status !== 'pass').map(({ id, status }) => [id, status]),
    )
  }

  const whole = (): Promise<void> => eventually(async () => assert.deepEqual(await faults(), {}))

  before(async () => {
    mesh = await meshOnBed({ helm: 'helm3', chart, values: [], policies: 5 })
  })
  after(() => mesh?.stop())

  it('is a pass when it is whole, with counts, by requests that grow with kinds', async () => {
    await whole()
    const calls: string[] = []
    const { outcome, checks } = await verify({}, (method) => calls.push(method))
    assert.equal(outcome, 'pass')
    for (const { id, message } of checks) console.log(`        ${id}: ${message}`)
    const objects = checks.find(({ id }) => id === 'objects-current')
    assert.match(objects?.message ?? '', /^(\d+) of \1 objects current$/)
    assert.equal(objects?.counts?.good, objects?.counts?.total)
    const reads = calls.filter((name) => /^(listObjects|readObject)$/.test(name)).length
    assert.ok(reads < 25, calls.join(' '))
  })

  it('is none where an object of the release is gone, of a kind whose bodies nobody reads', async () => {
    const saved = await on('get', 'configmap', 'preset-mesh-config', '-o', 'json')
    await on('delete', 'configmap', 'preset-mesh-config')
    assert.deepEqual(await faults(), { 'objects-current': 'fail' })
    const file = join(mesh.bed.dir, 'saved.json')
    writeFileSync(file, saved.replace(/"(?:resourceVersion|uid)": "[^"]*",?/g, '').replace(/,(\s*\})/g, '$1'))
    await on('create', '-f', file)
    await whole()
  })

  it('is none while an old pod is still being deleted, though the rollout is done', async () => {
    const [pod = ''] = (await on('get', 'pod', '-l', 'app=osm-controller', '-o', 'name')).trim().split('\n')
    await on('annotate', pod, 'bed.mesh-upgrade.dev/state=stuck-terminating')
    await on('rollout', 'restart', 'deployment/osm-controller')
    await on('rollout', 'status', 'deployment/osm-controller')
    await eventually(async () => assert.deepEqual(await faults(), { 'old-pods-gone': 'incomplete' }))
    const { outcome, checks } = await verify()
    assert.equal(outcome, 'incomplete')
    assert.match(checks.find(({ id }) => id === 'old-pods-gone')?.message ?? '', /terminating/)
    await on('delete', pod, '--force', '--grace-period=0')
    await whole()
  })

  it('is none where a workload waits for its pods', async () => {
    await on('scale', 'deployment/osm-injector', '--replicas=0')
    await eventually(async () => assert.deepEqual(await faults(), { 'mesh-ready': 'fail' }))
    await on('scale', 'deployment/osm-injector', '--replicas=1')
    await whole()
    const patch = '{"spec":{"template":{"spec":{"nodeSelector":{"no":"where"}}}}}'
    await on('patch', 'deployment/osm-injector', '-p', patch)
    await eventually(async () =>
      assert.deepEqual(await faults(), {
        'objects-current': 'incomplete',
        'workloads-current': 'incomplete',
        // What is to be replaced is still at work.
        'old-pods-gone': 'incomplete',
      }),
    )
    await on('rollout', 'undo', 'deployment/osm-injector')
    await whole()
  })

  it('is none where a webhook has lost its authority, or the MeshConfig is gone', async () => {
    const path = '/webhooks/0/clientConfig/caBundle'
    const name = 'mutatingwebhookconfiguration/osm-webhook-osm'
    const saved = await on('get', name, '-o', 'jsonpath={.webhooks[0].clientConfig.caBundle}')
    await on('patch', name, '--type=json', '-p', JSON.stringify([{ op: 'remove', path }]))
    assert.deepEqual(await faults(), { 'mesh-ready': 'fail' })
    await on('patch', name, '--type=json', '-p', JSON.stringify([{ op: 'add', path, value: saved }]))
    await whole()
    const config = await on('get', 'meshconfig', 'osm-mesh-config', '-o', 'json')
    await on('delete', 'meshconfig', 'osm-mesh-config')
    assert.deepEqual(await faults(), { 'mesh-ready': 'fail' })
    const { apiVersion, kind, spec } = JSON.parse(config) as Record<string, unknown>
    const metadata = { name: 'osm-mesh-config', namespace: 'osm-system' }
    await apply(mesh.bed, { apiVersion, kind, metadata, spec })
    await whole()
  })

  it('is unknown where something may not be read, and names it', async () => {
    const rules = [
      { apiGroups: [''], resources: ['secrets', 'configmaps', 'services', 'serviceaccounts'] },
      { apiGroups: ['apps', 'batch', 'rbac.authorization.k8s.io'], resources: ['*'] },
      { apiGroups: ['apiextensions.k8s.io', 'admissionregistration.k8s.io'], resources: ['*'] },
      { apiGroups: ['config.openservicemesh.io', 'discovery.k8s.io'], resources: ['*'] },
    ].map((rule) => ({ ...rule, verbs: ['get', 'list'] }))
    const group = 'rbac.authorization.k8s.io'
    const role = { apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name: 'reader' }, rules }
    const subjects = [{ apiGroup: group, kind: 'User', name: 'reader' }]
    const roleRef = { apiGroup: group, kind: 'ClusterRole', name: 'reader' }
    const binding = { ...role, kind: 'ClusterRoleBinding', rules: undefined, subjects, roleRef }
    await apply(mesh.bed, role, binding)
    const options = { asUser: 'reader', asGroups: ['system:authenticated'] }
    await eventually(async () => {
      assert.deepEqual(await faults(options), { 'old-pods-gone': 'unknown' })
    })
    const { outcome, checks } = await verify(options)
    assert.equal(outcome, 'unknown')
    assert.match(
      checks.find(({ id }) => id === 'old-pods-gone')?.message ?? '',
      /cannot list resource "pods"/,
    )
  })

  it('knows how hooks ended by the record of either helm', async () => {
    const hooks = async (): Promise<CheckResult | undefined> =>
      (await verify()).checks.find(({ id }) => id === 'hooks-done')
    assert.match((await hooks())?.message ?? '', /^(\d+) of \1 hooks done$/)
    await mustRun('helm4', ['upgrade', 'osm', chart, ...place, '--reuse-values', '--no-hooks'], {
      env: mesh.env,
    })
    assert.equal((await hooks())?.status, 'warn')
    await mustRun('helm4', ['upgrade', 'osm', chart, ...place, '--reuse-values'], { env: mesh.env })
    assert.match((await hooks())?.message ?? '', /^(\d+) of \1 hooks done$/)
    await whole()
  })
})
