/** What the REST client rides out. The server is scripted: a real one cannot be made to fail like this at will. */
import assert from 'node:assert/strict'
import { loadKubeconfig } from '../../src/adapters/kubeconfig.js'
import { eachRawPage } from '../../src/adapters/raw-pages.js'
import { RestClient, type RestRequest } from '../../src/adapters/rest-client.js'
import { failure, get, scriptedClients, type ScriptedClients } from '../support/scripted-client.js'
import { answers, startScriptedServer, type ScriptedServer } from '../support/scripted-server.js'

const { json, cut, silence, page, half, dribble } = answers
const ok = json(200, { ok: 1 })

describe('REST client that survives', () => {
  let server: ScriptedServer
  let clients: ScriptedClients
  before(async () => {
    server = await startScriptedServer()
  })
  after(() => server.close())
  beforeEach(() => {
    server.reset()
    clients = scriptedClients(server)
  })

  describe('answers that pass', () => {
    for (const status of [429, 500, 502, 503, 504]) {
      it(`asks again after ${status}, with growing clients.pauses`, async () => {
        const client = await clients.inTouch()
        server.script = [json(status, {}), json(status, {}), json(status, {}), ok]
        assert.equal((await client.send(get)).status, 200)
        assert.ok(
          clients.pauses.every((pause, index) => pause >= 100 * 2 ** index && pause <= 200 * 2 ** index),
        )
        assert.equal(clients.pauses.length, 3)
      })
    }

    it('waits as Retry-After says, in seconds or as a date, but not for ever', async () => {
      const client = await clients.inTouch()
      const date = new Date(clients.startedAt + 9_000).toUTCString()
      const later = ['7', date, '86400'].map((after) => json(503, {}, { 'Retry-After': after }))
      server.script = [...later, ok]
      assert.equal((await client.send(get)).status, 200)
      assert.deepEqual([clients.pauses[0], clients.pauses[2]], [7000, 30_000])
      assert.ok((clients.pauses[1] ?? 0) > 0 && (clients.pauses[1] ?? 0) <= 9000)
    })

    it('gives up at its deadline and gives the last answer', async () => {
      const client = await clients.inTouch({ patienceMs: 20_000 })
      server.script = Array.from({ length: 90 }, () => json(503, { message: 'etcd is gone' }))
      assert.equal((await client.send(get)).status, 503)
      assert.ok(clients.passed >= 19_000 && clients.passed <= 20_001, String(clients.passed))
      assert.match(
        clients.told.join('\n'),
        /answers GET with 503; trying again, giving up at \d\d:\d\d:\d\d \(in 20 s\)/,
      )
    })

    it('asks a few times only after 500, which may be for good, and writes once where it meets 422', async () => {
      const client = await clients.inTouch()
      for (const status of [500, 422]) {
        server.script = Array.from({ length: 9 }, () => json(status, {}))
        assert.equal((await client.send(get)).status, status)
        // A read has nothing to be validated: somebody in between answers.
        assert.equal(server.asked.splice(0).length, 5)
      }
      server.script = [json(422, {})]
      assert.equal((await client.send({ method: 'POST', path: '/a', body: '{}' })).status, 422)
      assert.equal(server.asked.length, 1)
    })

    it('sends a write again after 429, and after 503 only where that does no harm', async () => {
      const client = await clients.inTouch()
      const post: RestRequest = { method: 'POST', path: '/a', body: '{}' }
      server.script = [json(429, {}, { 'Retry-After': '1' }), json(201, {})]
      assert.equal((await client.send(post)).status, 201)
      server.script = [json(503, {})]
      assert.equal((await client.send(post)).status, 503)
      server.script = [json(503, {}), json(201, {})]
      const again = await client.send({ ...post, repeatable: true })
      assert.deepEqual([again.status, again.maybeDone], [201, true])
    })
  })

  describe('a lost network', () => {
    it('rides out a loss, and tells of it and of its end once', async () => {
      const client = await clients.inTouch()
      server.script = [cut, cut, cut, cut, ok]
      assert.equal((await client.send(get)).status, 200)
      assert.equal(clients.told.length, 2)
      assert.match(
        clients.told[0] ?? '',
        /^connection to http:\/\/127\.0\.0\.1:\d+ lost \(ECONNRESET\); trying again, giving up at \d\d:\d\d:\d\d \(in 60 s\)$/,
      )
      assert.match(clients.told[1] ?? '', /^connection is back after \d s$/)
    })

    it('says nothing of a hiccup', async () => {
      const client = await clients.inTouch()
      server.script = [cut, ok]
      await client.send(get)
      assert.deepEqual(clients.told, [])
    })

    it('tells of one loss that several calls meet once', async () => {
      const client = await clients.inTouch()
      server.script = [cut, cut, cut, cut, cut, cut, ok, ok, ok]
      await Promise.all([client.send(get), client.send(get), client.send(get)])
      assert.equal(clients.told.length, 2, clients.told.join('\n'))
    })

    it('gives up after a minute, within which a silent server is asked again', async () => {
      const client = await clients.inTouch({ timeoutMs: 20 })
      server.script = Array.from({ length: 90 }, () => silence)
      const error = await failure(client.send(get))
      assert.deepEqual(
        [error.code, clients.passed >= 59_000 && clients.passed < 61_000],
        ['ClusterUnreachable', true],
      )
      assert.match(error.message, /no answer within/)
    })

    it('trusts no kept connection after a loss: each would take a timeout of its own', async () => {
      const client = await clients.inTouch({ timeoutMs: 50 })
      server.script = [ok, ok, ok]
      await Promise.all([client.send(get), client.send(get), client.send(get)])
      const before = server.connections
      server.script = [silence, ok]
      await client.send(get)
      assert.equal(server.connections, before + 1)
    })

    it('fails at once on first contact where nobody is, and soon where it is cut', async () => {
      const access = loadKubeconfig(
        { apiServer: 'http://127.0.0.1:1' },
        { KUBECONFIG: '/nonexistent' },
        () => undefined,
      )
      const refused = new RestClient(access, { timeoutMs: 200, userAgent: 'test', clock: clients.clock })
      assert.match((await failure(refused.send(get))).message, /connection refused/)
      assert.equal(clients.passed, 0)
      server.script = Array.from({ length: 90 }, () => cut)
      await failure(clients.make().send(get))
      assert.ok(clients.passed >= 2_500 && clients.passed <= 3_001, String(clients.passed))
      server.script = Array.from({ length: 90 }, () => json(503, {}))
      clients.passed = 0
      assert.equal((await clients.make().send(get)).status, 503)
      assert.ok(clients.passed <= 3_001, String(clients.passed))
    })

    it('rides out a refused connection once it was in touch, a write too: it was never sent', async () => {
      const own = await startScriptedServer()
      const access = loadKubeconfig({ apiServer: own.url }, { KUBECONFIG: '/nonexistent' }, () => undefined)
      const client = new RestClient(access, { timeoutMs: 200, userAgent: 'test', clock: clients.clock })
      own.script = [ok]
      await client.send(get)
      own.close()
      // Until the kept connection is seen to be closed: on it, a write may have been carried out.
      await new Promise((resolve) => setTimeout(resolve, 50))
      const error = await failure(client.send({ method: 'POST', path: '/a', body: '{}' }))
      assert.match(error.message, /: connection refused$/)
      assert.ok(clients.passed >= 59_000)
    })

    it('does not repeat a write that may have been done, and says that it is not known', async () => {
      const client = await clients.inTouch()
      server.script = [cut, json(201, {})]
      const error = await failure(client.send({ method: 'POST', path: '/a?b=c', body: '{}' }))
      assert.equal(server.asked.length, 1)
      assert.match(error.message, /; whether POST \/a was carried out is not known$/)
    })

    it('stops waiting when it is interrupted, and is still tried for a moment afterwards', async () => {
      const interrupt = new AbortController()
      const signals: (AbortSignal | undefined)[] = []
      const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
        signals.push(signal)
        await clients.clock.sleep(ms)
        interrupt.abort()
      }
      const client = await clients.inTouch({ signal: interrupt.signal, clock: { ...clients.clock, sleep } })
      server.script = [cut, cut]
      await failure(client.send(get))
      assert.deepEqual([server.asked.length, clients.pauses.length], [1, 1])
      server.script = [cut, ok]
      assert.equal((await client.send(get)).status, 200)
      server.script = Array.from({ length: 90 }, () => cut)
      clients.passed = 0
      await failure(client.send(get))
      assert.ok(clients.passed <= 3_001)
      // An aborted signal would end every sleep at once.
      assert.deepEqual([signals[0], new Set(signals.slice(1))], [interrupt.signal, new Set([undefined])])
    })
  })

  describe('answers that are none', () => {
    it('counts the time from the start, however an answer dribbles in', async () => {
      const client = await clients.inTouch({ timeoutMs: 150, patienceMs: 0 })
      server.script = [dribble]
      const startAt = Date.now()
      assert.match((await failure(client.send(get))).message, /no answer within 0\.15 s/)
      assert.ok(Date.now() - startAt < 1000)
    })

    it('asks again for half a body, a web page, and a 404 that is a web page', async () => {
      const client = await clients.inTouch()
      for (const broken of [half('{"items":[1,2,3]}'), page(200), page(404)]) {
        server.script = [broken, ok]
        assert.deepEqual((await client.send(get)).parsed, { ok: 1 })
        server.script = Array.from({ length: 9 }, () => broken)
        const error = await failure(client.send(get))
        assert.deepEqual([error.code, server.script.length], ['ApiFailure', 4])
        assert.match(error.message, /GET \/a: the server's answer is not complete JSON/)
        server.reset()
      }
    })

    it('never takes half a page of custom resources for a shorter list', async () => {
      const client = await clients.inTouch()
      const kind = { crd: 'w.x', group: 'x', version: 'v1', kind: 'W', plural: 'ws', namespaced: true }
      const item = (name: string): object => ({ metadata: { name, uid: name }, spec: { a: 1 } })
      const list = { metadata: { continue: '' }, items: [item('a'), item('b')] }
      const cutObject = '{"metadata":{},"items":[{"metadata":{"name":"a"}},{"metadata":{"na"}]}'
      server.script = [half(JSON.stringify(list)), half(cutObject + cutObject), json(200, list)]
      const names: string[] = []
      await eachRawPage(client, kind, async (objects) => void names.push(...objects.map(({ name }) => name)))
      assert.deepEqual([names, server.asked.length], [['a', 'b'], 3])
    })

    it('refuses an answer that is larger than it holds, announced or not', async () => {
      const client = await clients.inTouch({ largestBody: 1024 * 1024 })
      const large = '"'.padEnd(2 * 1024 * 1024, 'x')
      server.script = [
        (response) => response.writeHead(200, { 'Content-Length': String(large.length) }).end(large),
        (response) => void (response.write(large), response.end()),
      ]
      for (let turn = 0; turn < 2; turn++) {
        const error = await failure(client.send(get))
        assert.equal(error.code, 'ApiFailure')
        assert.match(error.message, /GET \/a: the answer is larger than 1 MiB/)
      }
      assert.equal(server.asked.length, 2)
    })
  })
})
