/** A paged list that expires half way, by a real API server whose etcd is made to forget the past. */
import assert from 'node:assert/strict'
import { connectForUpgrade } from '../../src/adapters/connect.js'
import type { CustomResourceKind } from '../../src/model/crd.js'
import { startBed, type Bed } from '../bed/start.js'
import { apply, eventually } from '../bed/support.js'
import { startFaultProxy, type FaultProxy } from '../support/fault-proxy.js'

const widgets: CustomResourceKind = {
  ...{ crd: 'widgets.test.example', group: 'test.example', version: 'v1', kind: 'Widget', plural: 'widgets' },
  namespaced: true,
}
const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: widgets.crd },
  spec: {
    ...{ group: widgets.group, scope: 'Namespaced', names: { kind: 'Widget', plural: 'widgets' } },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
}
const named = (from: number, to: number): object[] =>
  Array.from({ length: to - from }, (_, index) => ({
    apiVersion: 'test.example/v1',
    kind: 'Widget',
    metadata: { name: `w${String(from + index).padStart(4, '0')}`, namespace: 'default' },
  }))

describe('a list that expires half way', function () {
  this.timeout(60_000)
  let bed: Bed
  let proxy: FaultProxy
  before(async () => {
    bed = await startBed({ name: 'expiry' })
    proxy = await startFaultProxy(bed)
    await apply(bed, crd)
    await eventually(() => apply(bed, ...named(0, 1)))
    await apply(bed, ...named(1, 350))
  })
  after(async () => {
    await proxy?.close()
    await bed?.stop()
  })

  /** etcd keeps only what is now; its port is the one behind the API server's (slot.ts). */
  async function forget(): Promise<void> {
    const call = async (path: string, body: object): Promise<{ header: { revision: string } }> => {
      const url = `http://127.0.0.1:${Number(new URL(bed.apiServerUrl).port) + 1}/v3/kv/${path}`
      const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
      assert.ok(response.ok, await response.clone().text())
      return (await response.json()) as { header: { revision: string } }
    }
    const { revision } = (await call('range', { key: Buffer.from('x').toString('base64') })).header
    await call('compaction', { revision, physical: true })
  }

  /** The server's cache remembers what etcd forgot, for a while: a token from before there was a cache. */
  function ofLongAgo(path: string): string {
    const url = new URL(path, proxy.url)
    const token = Buffer.from(url.searchParams.get('continue') ?? '', 'base64url').toString()
    const old = JSON.stringify({ ...(JSON.parse(token) as object), rv: 5 })
    url.searchParams.set('continue', Buffer.from(old).toString('base64url'))
    return url.pathname + url.search
  }

  it('goes on behind the last object, telling none twice and missing none', async () => {
    const env = { ...process.env, ...bed.env }
    const { cluster } = await connectForUpgrade({ kubeconfig: proxy.kubeconfig }, () => undefined, env)
    await forget()
    const told: string[] = []
    proxy.inject({ at: ({ path }) => path.includes('continue='), fault: { path: ofLongAgo } })
    await cluster.eachRawPage(widgets, async (page) => void told.push(...page.map(({ name }) => name)))
    assert.deepEqual([told.length, new Set(told).size], [350, 350])
    const pages = proxy.requests.filter(({ path }) => path.includes('/widgets?'))
    assert.deepEqual([pages.length, pages.filter(({ fault }) => fault).length], [3, 1])
  })
})
