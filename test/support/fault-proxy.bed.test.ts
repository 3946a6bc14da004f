/** The fault proxy in front of a real API server: what it spoils, and what our client makes of it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { connectForUpgrade } from '../../src/adapters/connect.js'
import { UpgradeError } from '../../src/errors.js'
import type { KubeObject } from '../../src/model/kube-object.js'
import type { WritePorts } from '../../src/ports/ports.js'
import { startBed, type Bed } from '../bed/start.js'
import { eventually, kubectl } from '../bed/support.js'
import { startFaultProxy, type Fault, type FaultProxy } from './fault-proxy.js'
import { runProgram } from './run-program.js'

const configMap = (name: string, data: Record<string, string>, rest: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', ...rest },
  data,
})
const ref = (name: string): { apiVersion: string; kind: string; namespace: string; name: string } => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name },
})

describe('fault proxy', function () {
  this.timeout(60_000)
  let bed: Bed
  let proxy: FaultProxy
  const notes: string[] = []
  const path = '/api/v1/namespaces/default'

  const connect = (): Promise<WritePorts> =>
    connectForUpgrade(
      { kubeconfig: proxy.kubeconfig, requestTimeoutMs: 1000 },
      (event) => void (event.type === 'note' && notes.push(event.message)),
      { ...process.env, ...bed.env },
    )
  /** Asks once, by a client that tries nothing again. */
  const ask = async (method = 'GET', timeoutMs = 1000): Promise<Response> =>
    fetch(proxy.url + path, { method, signal: AbortSignal.timeout(timeoutMs) })

  before(async () => {
    bed = await startBed({ name: 'faults' })
    proxy = await startFaultProxy(bed)
  })
  beforeEach(() => {
    proxy.reset()
    notes.length = 0
  })
  after(async () => {
    await proxy?.close()
    await bed?.stop()
  })

  describe('passes on', () => {
    it('a read and a write of kubectl, under the context of the bed, and records them', async () => {
      const env = { ...bed.env, KUBECONFIG: proxy.kubeconfig }
      const words = ['--context', bed.name, 'create', 'configmap', 'passed', '-n', 'default']
      const created = await runProgram('kubectl', [...words, '--dry-run=server', '-o', 'name'], { env })
      assert.equal(created.stdout.trim(), 'configmap/passed', created.stderr)
      const last = proxy.requests.at(-1)
      assert.deepEqual([last?.method, last?.program, last?.dryRun], ['POST', 'kubectl', true])
      assert.ok(last?.path.startsWith(`${path}/configmaps?`))
    })

    it('a watch as it happens', async () => {
      const env = { ...process.env, ...bed.env, KUBECONFIG: proxy.kubeconfig }
      const child = spawn('kubectl', ['get', 'configmap', '-n', 'default', '-w', '-o', 'name'], { env })
      let seen = ''
      child.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()))
      await eventually(() => assert.match(seen, /kube-root-ca/))
      await kubectl(bed, 'create', 'configmap', 'watched', '-n', 'default')
      await eventually(() => assert.match(seen, /watched/))
      child.kill()
    })
  })

  describe('does to a request what it says', () => {
    for (const fault of ['401', '409', '422', '429', '500', '503'] as const) {
      it(fault, async () => {
        proxy.inject({ at: 1, fault })
        const answer = await ask()
        const body = (await answer.json()) as { kind: string; code: number }
        assert.deepEqual([answer.status, body.kind, body.code], [Number(fault), 'Status', Number(fault)])
        assert.equal(answer.headers.get('retry-after'), fault === '429' ? '1' : null)
        assert.equal((await ask()).status, 200)
        assert.deepEqual(
          proxy.requests.map((request) => request.fault),
          [fault, undefined],
        )
      })
    }

    for (const fault of ['reset', 'hang', 'slow-loris', 'half-body'] satisfies Fault[]) {
      it(fault, async () => {
        proxy.inject({ at: ({ method }) => method === 'GET', fault })
        await assert.rejects(ask().then((answer) => answer.text()))
        assert.equal((await ask()).status, 200)
      })
    }

    it('half-json and page', async () => {
      proxy.inject({ at: 1, fault: 'half-json' })
      await assert.rejects(
        ask().then((answer) => answer.json()),
        SyntaxError,
      )
      proxy.inject({ at: 2, fault: 'page' })
      assert.match(await (await ask()).text(), /hotel/)
    })

    it('reset comes before, reset-after behind the doing', async () => {
      for (const [fault, name, exists] of [
        ['reset', 'before', false],
        ['reset-after', 'behind', true],
      ] as const) {
        proxy.inject({ at: ({ method }) => method === 'POST', fault })
        const body = JSON.stringify(configMap(name, {}))
        const headers = { 'Content-Type': 'application/json' }
        await assert.rejects(fetch(`${proxy.url}${path}/configmaps`, { method: 'POST', body, headers }))
        const found = await fetch(`${proxy.url}${path}/configmaps/${name}`)
        assert.equal(found.ok, exists, name)
      }
    })

    it('down refuses connections for that long', async () => {
      proxy.inject({ at: 1, fault: { downForMs: 500 } })
      await assert.rejects(ask())
      await assert.rejects(ask())
      await eventually(async () => assert.equal((await ask()).status, 200))
    })
  })

  describe('and our client', () => {
    it('gets through with every read', async () => {
      const faults: Fault[] = [
        ...(['401', '409', '422', '429', '500', '503', 'reset', 'reset-after', 'hang'] as const),
        ...(['slow-loris', 'half-body', 'half-json', 'page', { downForMs: 2000 }] as const),
      ]
      const { cluster } = await connect()
      await cluster.identity()
      for (const fault of faults) {
        proxy.reset()
        proxy.inject({ at: 1, fault })
        const found = await cluster.listObjects('v1', 'ConfigMap', { namespace: 'kube-system' })
        assert.ok(found.length > 0 && proxy.requests.length >= 2, JSON.stringify(fault))
      }
      assert.match(notes.join('\n'), /lost \(ECONNREFUSED\); trying again, giving up at [\d:]+ \(in \d\d s\)/)
      assert.match(notes.join('\n'), /connection is back after [1-4] s/)
    })

    for (const fault of ['reset', 'reset-after', 'hang', 'half-body', '503', '429'] as const) {
      it(`does every write once, whatever becomes of its answer: ${fault}`, async () => {
        const { cluster, clusterWriter } = await connect()
        await cluster.identity()
        const name = `written-${fault}`
        const spoiled = async <T>(write: () => Promise<T>): Promise<T> => {
          proxy.reset()
          proxy.inject({ at: ({ method }) => method !== 'GET', fault })
          const result = await write()
          assert.ok(proxy.requests.some((request) => request.fault === fault))
          return result
        }
        const created = await spoiled(() => clusterWriter.create(configMap(name, { a: '1' })))
        assert.ok(created.ok, JSON.stringify(created))
        const replaced = await spoiled(() => clusterWriter.replace({ ...created.object, data: { a: '2' } }))
        assert.ok(replaced.ok, JSON.stringify(replaced))
        assert.ok((await spoiled(() => clusterWriter.apply(configMap(name, { b: '3' })))).ok)
        const found = await cluster.readObject(ref(name))
        assert.deepEqual(found?.['data'], { a: '2', b: '3' })
        assert.equal(found?.metadata.uid, created.object.metadata.uid)
        const { uid = '' } = created.object.metadata
        assert.equal(await spoiled(() => clusterWriter.delete(ref(name), uid)), true)
        assert.equal(await cluster.readObject(ref(name)), undefined)
      })
    }

    it('still loses to somebody who was really quicker', async () => {
      const { clusterWriter } = await connect()
      await kubectl(bed, 'create', 'configmap', 'theirs', '-n', 'default', '--from-literal=a=2')
      proxy.inject({ at: ({ method }) => method === 'POST', fault: 'reset' })
      const created = await clusterWriter.create(configMap('theirs', { a: '1' }))
      assert.equal(!created.ok && created.refusal.status, 409)
    })

    it('says so where its login stays refused', async () => {
      const { cluster } = await connect()
      await cluster.identity()
      proxy.inject({ at: () => true, fault: '401', times: 9 })
      const error: unknown = await cluster.readObject(ref('a')).catch((caught: unknown) => caught)
      assert.ok(error instanceof UpgradeError)
      assert.match(`${error.message} ${error.remedy}`, /Unauthorized by the fault proxy.*Log in again/)
    })
  })
})
