import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectForUpgrade, type ConnectOptions } from '../../src/adapters/connect.js'
import { UpgradeError } from '../../src/errors.js'
import type { CustomResourceKind, RawObject } from '../../src/model/crd.js'
import type { KubeObject } from '../../src/model/kube-object.js'
import type { WritePorts } from '../../src/ports/ports.js'
import { startBed, type Bed } from '../bed/start.js'
import { setPodLog } from '../bed/logs.js'
import { eventually, kubectl } from '../bed/support.js'

const widgets: CustomResourceKind = {
  ...{ crd: 'widgets.test.example', group: 'test.example', version: 'v1', kind: 'Widget', plural: 'widgets' },
  namespaced: true,
}
const schema = {
  type: 'object',
  properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
}
const crd = (extra: object = {}): KubeObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: widgets.crd,
    resourceVersion: '1',
    uid: 'another',
    creationTimestamp: '2020-01-01T00:00:00Z',
  },
  spec: {
    group: widgets.group,
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...extra }],
  },
  status: { storedVersions: ['v0'] },
})
const configMap = (name: string, data: object, namespace = 'default'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data,
})

describe('API server', function () {
  this.timeout(60_000)
  let bed: Bed
  let ports: WritePorts
  const connect = (options: ConnectOptions = {}): Promise<WritePorts> =>
    connectForUpgrade(options, () => undefined, { ...process.env, ...bed.env })

  before(async () => {
    bed = await startBed({ name: 'adapters' })
    ports = await connect()
  })
  after(() => bed.stop())

  it('says which cluster it is', async () => {
    const { uid, kubeVersion, kubeContext, server } = await ports.cluster.identity()
    assert.equal(uid, await kubectl(bed, 'get', 'ns', 'kube-system', '-o', 'jsonpath={.metadata.uid}'))
    assert.match(kubeVersion, /^v1\.\d+/)
    assert.equal(kubeContext, 'adapters')
    assert.equal(server, bed.apiServerUrl)
  })

  it('is named by its address for who may not read kube-system', async () => {
    const nobody = await connect({ asUser: 'nobody', asGroups: ['system:authenticated'] })
    const { uid } = await nobody.cluster.identity()
    assert.match(uid, /^sha256-/)
    await assert.rejects(nobody.cluster.listObjects('v1', 'Secret'), (error) => {
      assert.ok(error instanceof UpgradeError && error.code === 'ApiFailure')
      return /GET \/api\/v1\/secrets: .*User "nobody" cannot list/.test(error.message)
    })
  })

  it('serves the kinds that kubectl knows', async () => {
    const kinds = await ports.cluster.servedKinds()
    const names = kinds.map(({ group, version, plural }) => `${plural}.${version}.${group}`)
    const lines = (await kubectl(bed, 'api-resources', '--no-headers')).trim().split('\n')
    const known = lines.map((line) => line.trim().split(/\s+/))
    for (const words of known) {
      const [apiVersion = '', namespaced, kind] = words.slice(-3)
      const [version = '', group = ''] = apiVersion.split('/').reverse()
      assert.ok(names.includes(`${words[0] ?? ''}.${version}.${group}`), words.join(' '))
      const found = kinds.find((each) => each.kind === kind && each.group === group)
      assert.equal(String(found?.namespaced), namespaced, words.join(' '))
    }
  })

  it('refuses a server whose certificate is of another authority, in plain words', async () => {
    const other = join(bed.dir, 'other.kubeconfig')
    const text = await kubectl(bed, 'config', 'view', '--raw', '--minify', '-o', 'json')
    const config = JSON.parse(text) as { clusters: { cluster: Record<string, unknown> }[] }
    for (const { cluster } of config.clusters) {
      delete cluster['certificate-authority']
      delete cluster['certificate-authority-data']
    }
    writeFileSync(other, JSON.stringify(config))
    const stranger = await connect({ kubeconfig: other })
    await assert.rejects(stranger.cluster.identity(), (error) => {
      assert.ok(error instanceof UpgradeError && error.code === 'ClusterUnreachable')
      return error.message.includes('its certificate is not accepted')
    })
    const careless = await connect({ kubeconfig: other, kubeInsecureSkipTlsVerify: true })
    assert.match((await careless.cluster.identity()).kubeVersion, /^v1/)
  })

  it("is the one of helm's flags where we are its plugin", async () => {
    const env = { ...process.env, ...bed.env, HELM_KUBEAPISERVER: 'https://127.0.0.1:1' }
    const plugin = await connectForUpgrade({}, () => undefined, { ...env, HELM_PLUGIN_NAME: 'upgrade-check' })
    await assert.rejects(plugin.cluster.identity(), /127\.0\.0\.1:1: connection refused/)
    const alone = await connectForUpgrade({}, () => undefined, env)
    assert.match((await alone.cluster.identity()).kubeVersion, /^v1/)
  })

  describe('objects', () => {
    it('are created, read, replaced and deleted; a second of the same name is a 409', async () => {
      const { cluster, clusterWriter } = ports
      const made = await clusterWriter.create(configMap('one', { a: '1' }))
      assert.ok(made.ok)
      const again = await clusterWriter.create(configMap('one', { a: '1' }))
      assert.ok(!again.ok && again.refusal.status === 409 && again.refusal.reason === 'AlreadyExists')
      const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'one' }
      assert.deepEqual((await cluster.readObject(ref))?.data, { a: '1' })

      const replaced = await clusterWriter.replace({ ...made.object, data: { a: '2' } })
      assert.ok(replaced.ok)
      const stale = await clusterWriter.replace({ ...made.object, data: { a: '3' } })
      assert.ok(!stale.ok && stale.refusal.status === 409 && stale.refusal.reason === 'Conflict')

      const uid = made.object.metadata.uid ?? ''
      assert.equal(await clusterWriter.delete(ref, 'of-another'), false)
      assert.equal(await clusterWriter.delete(ref, uid), true)
      assert.equal(await clusterWriter.delete(ref, uid), false)
      assert.equal(await cluster.readObject(ref), undefined)
    })

    it('of a kind that is not served are none, and cannot be made', async () => {
      const { cluster, clusterWriter } = ports
      assert.deepEqual(await cluster.listObjects('nothing.example/v1', 'Nothing'), [])
      const ref = { apiVersion: 'nothing.example/v1', kind: 'Nothing', name: 'x' }
      assert.equal(await cluster.readObject(ref), undefined)
      const made = await clusterWriter.create({ ...configMap('x', {}), ...ref })
      assert.ok(!made.ok && made.refusal.status === 404)
      assert.equal(await clusterWriter.delete(ref, 'x'), false)
    })

    it('are applied again and again, taking fields over from others', async () => {
      await kubectl(bed, 'create', 'configmap', 'two', '--from-literal=a=theirs')
      for (const value of ['ours', 'ours', 'again']) {
        const applied = await ports.clusterWriter.apply(configMap('two', { a: value }))
        assert.ok(applied.ok, JSON.stringify(applied))
        assert.deepEqual(applied.object.data, { a: value })
      }
      const managers = await kubectl(bed, 'get', 'configmap', 'two', '--show-managed-fields', '-o', 'json')
      assert.ok(managers.includes('"manager": "mesh-upgrade"'))
    })

    it('are listed page by page with kind and apiVersion, or their metadata alone', async function () {
      this.timeout(60_000)
      const names = Array.from({ length: 1001 }, (_, index) => `many-${index}`)
      await Promise.all(
        names.map((name) => ports.clusterWriter.create(configMap(name, { big: 'x'.repeat(100) }))),
      )
      const options = { namespace: 'default', fieldSelector: 'metadata.name!=two' }
      const all = await ports.cluster.listObjects('v1', 'ConfigMap', options)
      const found = all.filter(({ metadata }) => metadata.name.startsWith('many-'))
      assert.equal(found.length, 1001)
      assert.equal(`${found[0]?.apiVersion} ${found[0]?.kind}`, 'v1 ConfigMap')
      const slim = await ports.cluster.listObjects('v1', 'ConfigMap', { ...options, metadataOnly: true })
      assert.equal(slim.length, all.length)
      assert.equal(
        `${slim[0]?.apiVersion} ${slim[0]?.kind} ${String(slim[0]?.data)}`,
        'v1 ConfigMap undefined',
      )
    })

    it('hide what they hold where they are Secrets', async () => {
      await kubectl(bed, 'create', 'secret', 'generic', 'login', '--from-literal=password=tr0ub4dor')
      await ports.cluster.listObjects('v1', 'Secret', { namespace: 'default' })
      assert.equal(ports.redact('it is tr0ub4dor'), 'it is (hidden)')
    })

    it('tell their logs where they are pods', async () => {
      const name = 'talker'
      await kubectl(bed, 'run', name, '--image=registry/app:1')
      await kubectl(bed, 'wait', '--for=condition=Ready', `pod/${name}`, '--timeout=30s')
      await setPodLog(bed, { namespace: 'default', name, container: name }, 'one\ntwo\nthree\n')
      const pod = { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name }
      const options = { previous: false, tailLines: 2, limitBytes: 1024, timeoutMs: 5000 }
      await eventually(async () => {
        assert.equal(await ports.cluster.readLogs(pod, name, options), 'two\nthree\n')
      })
      assert.equal(await ports.cluster.readLogs(pod, 'absent', options), '')
    })

    it('tell their events, newest first', async () => {
      const event = (name: string, lastTimestamp: string): KubeObject => ({
        ...{ apiVersion: 'v1', kind: 'Event', metadata: { name, namespace: 'default' }, lastTimestamp },
        involvedObject: { kind: 'Pod', name: 'x', namespace: 'default' },
      })
      await ports.clusterWriter.create(event('a', '2031-01-01T00:00:00Z'))
      await ports.clusterWriter.create(event('b', '2032-01-01T00:00:00Z'))
      const events = await ports.cluster.listEvents('default')
      assert.deepEqual(
        events.slice(0, 2).map(({ metadata }) => metadata.name),
        ['b', 'a'],
      )
    })
  })

  describe('custom resources', () => {
    it('have a CRD that is proved by a dry run first and applied then, whatever the manifest carries along', async () => {
      const { cluster, clusterWriter } = ports
      const proved = await cluster.dryRunApply(crd())
      assert.ok(proved.ok, JSON.stringify(proved))
      assert.deepEqual(await cluster.readCrds([widgets.crd]), [])
      const applied = await clusterWriter.apply(crd())
      assert.ok(applied.ok, JSON.stringify(applied))
      assert.deepEqual(await cluster.listCrdNames(['test.example']), [widgets.crd])
      assert.deepEqual(await cluster.listCrdNames(['example', 'est.example']), [])
      const live = await cluster.readCrds([widgets.crd, 'absent.test.example'])
      assert.deepEqual(
        live.map(({ name }) => name),
        [widgets.crd],
      )
    })

    it("have a CRD whose faults are told in the server's own words", async () => {
      const wrong = await ports.cluster.dryRunApply(crd({ storage: false }))
      assert.ok(!wrong.ok)
      assert.equal(wrong.refusal.status, 422)
      assert.match(wrong.refusal.message, /spec\.versions: Invalid value/)
      const unknown = await ports.cluster.dryRunApply(crd({ nonsense: true }))
      assert.ok(!unknown.ok)
      assert.match(unknown.refusal.message, /nonsense: field not declared in schema/)
    })

    it('are read as the bytes that the server wrote, to the last digit, in pages', async function () {
      this.timeout(60_000)
      await waitForKind()
      const widget = (index: number): KubeObject => ({
        apiVersion: 'test.example/v1',
        kind: 'Widget',
        metadata: {
          name: `w-${String(index).padStart(4, '0')}`,
          namespace: 'default',
          labels: { n: String(index) },
        },
        spec: { index, when: '2020-01-01', text: 'a "quoted" \\ text } ] €' },
      })
      const made = await Promise.all(
        Array.from({ length: 257 }, (_, index) => ports.clusterWriter.create(widget(index))),
      )
      assert.ok(made.every(({ ok }) => ok))
      const exact =
        '{"apiVersion":"test.example/v1","kind":"Widget","metadata":{"name":"z"},"spec":{"big":9007199254740993}}'
      writeFileSync(join(bed.dir, 'exact.json'), exact)
      await kubectl(bed, 'create', '-f', join(bed.dir, 'exact.json'))

      const pages: RawObject[][] = []
      await ports.cluster.eachRawPage(widgets, (page) => Promise.resolve(void pages.push(page)))
      const objects = pages.flat()
      assert.ok(pages.length > 1)
      assert.equal(objects.length, 258)
      assert.equal(new Set(objects.map(({ uid }) => uid)).size, 258)
      assert.equal(await ports.cluster.countObjects(widgets), 258)
      const single = await kubectl(bed, 'get', '--raw', '/apis/test.example/v1/namespaces/default/widgets/z')
      assert.equal(objects.find(({ name }) => name === 'z')?.raw, single.trimEnd())
      assert.ok(single.includes('9007199254740993'))
    })

    async function waitForKind(): Promise<void> {
      for (let tries = 0; tries < 100; tries++) {
        const kinds = await ports.cluster.servedKinds()
        if (kinds.some(({ kind }) => kind === 'Widget')) return
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      assert.fail('Widget is never served')
    }
  })
})
