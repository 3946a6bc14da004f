/** A server of our own, for what a real one cannot be made to do at will: 429, half an answer, a cut connection, silence. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ApiPaths } from '../../src/adapters/api-paths.js'
import { listAll } from '../../src/adapters/api-lists.js'
import { kubeApiReader } from '../../src/adapters/kube-api.js'
import { loadKubeconfig } from '../../src/adapters/kubeconfig.js'
import { eachRawPage } from '../../src/adapters/raw-pages.js'
import { RestClient } from '../../src/adapters/rest-client.js'
import { SecretRegistry } from '../../src/adapters/secret-registry.js'
import { UpgradeError } from '../../src/errors.js'
import type { CustomResourceKind } from '../../src/model/crd.js'

type Answer = (response: ServerResponse, request: IncomingMessage) => void

const pods = { apiVersion: 'v1', plural: 'pods', namespaced: true }
const widgets: CustomResourceKind = {
  ...{ crd: 'widgets.x.y', group: 'x.y', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true },
}
const json = (status: number, body: unknown, headers: Record<string, string> = {}): Answer => {
  return (response) =>
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body))
}

describe('REST client', () => {
  let server: Server
  let url: string
  let script: Answer[] = []
  let asked: string[] = []
  const sockets = new Set<unknown>()

  before(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.method ?? ''} ${request.url ?? ''}`)
      sockets.add(request.socket)
      const answer = script.shift() ?? json(500, { message: 'nothing more was expected' })
      request.resume().on('end', () => answer(response, request))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    script = []
    asked = []
    sockets.clear()
  })

  function client(options: { timeoutMs?: number; apiServer?: string; patienceMs?: number } = {}): RestClient {
    const access = loadKubeconfig(
      { apiServer: options.apiServer ?? url },
      { KUBECONFIG: '/nonexistent' },
      () => undefined,
    )
    return new RestClient(access, {
      timeoutMs: options.timeoutMs ?? 2000,
      userAgent: 'kubectl-mesh-upgrade/test',
      ...(options.patienceMs === undefined ? {} : { patienceMs: options.patienceMs }),
    })
  }

  async function failure(work: Promise<unknown>): Promise<UpgradeError> {
    const error = await work.then(
      () => undefined,
      (caught: unknown) => caught,
    )
    assert.ok(error instanceof UpgradeError, String(error))
    return error
  }

  it('keeps one connection for calls in turn and says who it is', async () => {
    const agents: unknown[] = []
    const answer: Answer = (response, request) => {
      agents.push(request.headers['user-agent'])
      response.end('{}')
    }
    script = [answer, answer, answer]
    const rest = client()
    for (let call = 0; call < 3; call++) await rest.send({ method: 'GET', path: '/version' })
    assert.equal(sockets.size, 1)
    assert.equal(agents[0], 'kubectl-mesh-upgrade/test')
  })

  it('waits as told by 429 and asks again, also for a write: it was not carried out', async () => {
    script = [json(429, {}, { 'Retry-After': '0' }), json(200, { ok: 1 })]
    assert.equal((await client().send({ method: 'GET', path: '/a' })).status, 200)
    script = [json(429, {}, { 'Retry-After': '0' }), json(201, {})]
    assert.equal((await client().send({ method: 'POST', path: '/a', body: '{}' })).status, 201)
  })

  it('asks a write that may have been carried out no second time after 503', async () => {
    script = [json(503, {}, { 'Retry-After': '0' })]
    assert.equal((await client().send({ method: 'POST', path: '/a', body: '{}' })).status, 503)
    assert.equal(asked.length, 1)
  })

  it('asks again after a cut connection where asking twice does no harm', async () => {
    const cut: Answer = (response) => response.socket?.destroy()
    script = [cut, json(200, {})]
    assert.equal((await client().send({ method: 'GET', path: '/a' })).status, 200)
    script = [cut, json(200, {})]
    const error = await failure(client().send({ method: 'POST', path: '/a', body: '{}' }))
    assert.equal(error.code, 'ClusterUnreachable')
    assert.match(error.message, /127\.0\.0\.1.*cut off/)
  })

  it('reads the end of a log, which may not be there, and does not wait for it longer than told', async () => {
    const rest = client()
    const { readLogs } = kubeApiReader(rest, new ApiPaths(rest), new SecretRegistry())
    const pod = { apiVersion: 'v1', kind: 'Pod', namespace: 'n', name: 'p' }
    const options = { previous: true, tailLines: 100, limitBytes: 1024, timeoutMs: 100 }
    script = [(response) => response.end('one\ntwo\n'), json(400, {}), json(404, {})]
    assert.equal(await readLogs(pod, 'c', options), 'one\ntwo\n')
    assert.deepEqual(asked, [
      'GET /api/v1/namespaces/n/pods/p/log?container=c&tailLines=100&limitBytes=1024&previous=true',
    ])
    assert.deepEqual([await readLogs(pod, 'c', options), await readLogs(pod, 'c', options)], ['', ''])
    script = [json(500, { message: 'dial tcp: refused' })]
    assert.match((await failure(readLogs(pod, 'c', options))).message, /dial tcp: refused/)
    script = [(): void => undefined]
    assert.match((await failure(readLogs(pod, 'c', options))).message, /no answer within 0\.1 s/)
  })

  it('says in plain words that nobody answers', async () => {
    const refused = await failure(
      client({ apiServer: 'https://127.0.0.1:1' }).send({ method: 'GET', path: '/' }),
    )
    assert.match(refused.message, /127\.0\.0\.1:1: connection refused/)
    const unknown = await failure(
      client({ apiServer: 'https://no-such-host.invalid' }).send({ method: 'GET', path: '/' }),
    )
    assert.match(unknown.message, /no such host/)
    script = [(): void => undefined]
    const silent = await failure(client({ timeoutMs: 100 }).send({ method: 'GET', path: '/' }))
    assert.match(silent.message, /no answer within 0\.1 s/)
    assert.equal(asked.length, 1)
  })

  it('turns half a body and HTML into an error that names the request', async () => {
    const half = '{"items":[{"metadata":{"name":"x"}}'
    const answer: Answer = (response) => response.end(half)
    script = [answer]
    const hasty = client({ patienceMs: 0 })
    const broken = await failure(listAll(hasty, pods, 'Pod'))
    assert.equal(broken.code, 'ApiFailure')
    assert.match(broken.message, /GET \/api\/v1\/pods: .*not complete JSON/)
    script = [answer]
    assert.equal((await failure(eachRawPage(hasty, widgets, () => Promise.resolve()))).code, 'ApiFailure')
    const gateway: Answer = (response) => response.writeHead(502).end('<html><b>Bad gateway</b></html>')
    script = [gateway]
    assert.match((await failure(listAll(client({ patienceMs: 0 }), pods, 'Pod'))).message, /: Bad gateway$/)
  })

  it('takes an answer that is shorter than announced for a cut connection', async () => {
    const short: Answer = (response) => {
      response.writeHead(200, { 'Content-Length': '100' }).write('{"items":')
      setTimeout(() => response.socket?.destroy(), 20)
    }
    script = [short, json(200, { items: [] })]
    assert.deepEqual(await listAll(client(), pods, 'Pod'), [])
    assert.equal(asked.length, 2)
  })

  it('reads an expired list once more from the start', async () => {
    const item = (name: string): object => ({ metadata: { name } })
    const expired = json(410, { reason: 'Expired', message: 'too old' })
    script = [
      json(200, { metadata: { continue: 'next' }, items: [item('a')] }),
      expired,
      json(200, { metadata: { continue: 'next' }, items: [item('a')] }),
      json(200, { metadata: {}, items: [item('b')] }),
    ]
    const objects = await listAll(client(), pods, 'Pod', { namespace: 'x' })
    assert.deepEqual(objects, [
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'b' } },
    ])
    script = [expired, expired]
    assert.match((await failure(listAll(client(), pods, 'Pod'))).message, /too old/)
  })

  it('goes on behind the last custom resource when a list expires half way, telling none twice', async () => {
    const item = (name: string): object => ({ metadata: { name, namespace: 'x', uid: name }, spec: {} })
    script = [
      json(200, { metadata: { continue: 'old' }, items: [item('a')] }),
      json(410, { reason: 'Expired', message: 'too old', metadata: { continue: 'fresh' } }),
      json(200, { metadata: {}, items: [item('b')] }),
    ]
    const names: string[] = []
    await eachRawPage(client(), widgets, (page) =>
      Promise.resolve(void names.push(...page.map(({ name }) => name))),
    )
    assert.deepEqual(names, ['a', 'b'])
    assert.match(asked[2] ?? '', /continue=fresh/)
  })

  it('falls back to discovery group by group, and passes over a group whose server is down', async () => {
    const groups = [
      { versions: [{ groupVersion: 'apps/v1' }] },
      { versions: [{ groupVersion: 'metrics.k8s.io/v1' }] },
    ]
    const byPath: Record<string, Answer> = {
      '/api': json(200, { kind: 'APIVersions', versions: ['v1'] }),
      '/apis': json(200, { kind: 'APIGroupList', groups }),
      '/api/v1': json(200, {
        resources: [
          { name: 'pods', kind: 'Pod', namespaced: true },
          { name: 'pods/log', kind: 'Pod' },
        ],
      }),
      '/apis/apps/v1': json(200, {
        resources: [{ name: 'deployments', kind: 'Deployment', namespaced: true }],
      }),
      '/apis/metrics.k8s.io/v1': json(503, { message: 'down' }),
    }
    script = Array.from(
      { length: 5 },
      (): Answer => (response, request) => byPath[request.url ?? '']?.(response, request),
    )
    const rest = client()
    const kinds = await new ApiPaths(rest).discover()
    assert.deepEqual(
      kinds.map(({ group, kind }) => `${group}/${kind}`),
      ['/Pod', 'apps/Deployment'],
    )
  })

  it('asks for an unknown kind once more and then says that there is none', async () => {
    script = Array.from({ length: 4 }, () => json(200, { kind: 'APIGroupDiscoveryList', items: [] }))
    const rest = client()
    const reader = kubeApiReader(rest, new ApiPaths(rest), new SecretRegistry())
    assert.deepEqual(await reader.listObjects('x.y/v1', 'Widget'), [])
    assert.equal(await reader.readObject({ apiVersion: 'x.y/v1', kind: 'Widget', name: 'a' }), undefined)
    assert.equal(asked.length, 4)
  })
})
