/** Writes whose answer was lost, and logins that ran out, at a scripted server: a real one cannot do this at will. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ApiPaths } from '../../src/adapters/api-paths.js'
import { kubeApiWriter } from '../../src/adapters/kube-api-writer.js'
import type { KubeObject } from '../../src/model/kube-object.js'
import { failure, get, scriptedClients, type ScriptedClients } from '../support/scripted-client.js'
import { answers, startScriptedServer, type ScriptedServer } from '../support/scripted-server.js'

const { json, cut } = answers
const ok = json(200, { ok: 1 })
const configMap = (data: Record<string, string>, rest: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'x', ...rest },
  data,
})

describe('REST client with doubtful writes and logins', () => {
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

  describe('a login that ran out', () => {
    let folder: string
    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rest-login-'))))
    afterEach(() => rmSync(folder, { recursive: true }))

    /** A kubeconfig whose user is given as text. */
    function kubeconfig(user: object): string {
      const file = join(folder, 'kubeconfig')
      const config = {
        'current-context': 'c',
        clusters: [{ name: 'c', cluster: { server: server.url } }],
        users: [{ name: 'u', user }],
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      }
      writeFileSync(file, JSON.stringify(config))
      return file
    }
    /** Prints a new token each time it runs. */
    function plugin(): object {
      const script = `echo x >> ${folder}/runs; n=$(wc -l < ${folder}/runs); echo "{\\"status\\":{\\"token\\":\\"token-$n\\"}}"`
      return {
        exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script] },
      }
    }
    const refused = json(401, { message: 'the token has expired' })

    it('asks the credential plugin again and repeats the request, a write too', async () => {
      const client = clients.make({}, kubeconfig(plugin()))
      server.script = [ok, refused, json(201, {})]
      await client.send(get)
      assert.equal((await client.send({ method: 'POST', path: '/a', body: '{}' })).status, 201)
      assert.deepEqual(server.logins, ['Bearer token-1', 'Bearer token-1', 'Bearer token-2'])
    })

    it('asks it once where several requests are refused at the same time', async () => {
      const client = clients.make({}, kubeconfig(plugin()))
      server.script = [ok, refused, refused, refused, ok, ok, ok]
      await client.send(get)
      await Promise.all([client.send(get), client.send(get), client.send(get)])
      assert.deepEqual(server.logins.slice(4), Array(3).fill('Bearer token-2'))
    })

    it('reads the token file again', async () => {
      const token = join(folder, 'token')
      writeFileSync(token, 'old')
      const client = clients.make({}, kubeconfig({ tokenFile: token }))
      server.script = [ok, refused, ok]
      await client.send(get)
      writeFileSync(token, 'new')
      assert.equal((await client.send(get)).status, 200)
      assert.deepEqual(server.logins, ['Bearer old', 'Bearer old', 'Bearer new'])
    })

    it('takes the second refusal for an answer, and says how to go on', async () => {
      const client = clients.make({}, kubeconfig(plugin()))
      server.script = [refused, refused]
      const writes = kubeApiWriter(client, new ApiPaths(client))
      const error = await failure(writes.apply(configMap({})))
      assert.match(error.message, /the token has expired/)
      assert.match(error.remedy, /^Log in again/)
      assert.equal(server.asked.length, 2)
    })
  })

  describe('writes whose answer was lost', () => {
    const conflict = json(409, { reason: 'Conflict', message: 'modified' })
    const live = configMap({ a: '1', extra: 'default' }, { uid: 'u', resourceVersion: '8' })

    async function writer(): Promise<ReturnType<typeof kubeApiWriter>> {
      const client = await clients.inTouch()
      return kubeApiWriter(client, new ApiPaths(client))
    }

    it('applies again, also after a conflict of somebody who was quicker', async () => {
      const writes = await writer()
      server.script = [cut, conflict, json(200, live)]
      assert.equal((await writes.apply(configMap({ a: '1' }))).ok, true)
      assert.equal(server.asked.length, 3)
    })

    for (const verb of ['create', 'replace'] as const) {
      const sent = configMap({ a: '1' }, verb === 'replace' ? { resourceVersion: '7' } : {})

      it(`sees that its ${verb} was carried out`, async () => {
        const writes = await writer()
        server.script = [cut, conflict, json(200, live)]
        assert.deepEqual(await writes[verb](sent), { ok: true, object: live })
        assert.match(server.asked[2] ?? '', /^GET \/api\/v1\/namespaces\/x\/configmaps\/a$/)
      })

      it(`sees that somebody else was quicker than its ${verb}`, async () => {
        const writes = await writer()
        server.script = [cut, conflict, json(200, configMap({ a: '2' }, { uid: 'u' }))]
        const result = await writes[verb](sent)
        assert.equal(!result.ok && result.refusal.status, 409)
      })

      it(`takes the first conflict of a ${verb} for what it is`, async () => {
        const writes = await writer()
        server.script = [conflict]
        assert.equal((await writes[verb](sent)).ok, false)
        assert.equal(server.asked.length, 1)
      })
    }

    it('replaces nothing twice without a resourceVersion', async () => {
      const writes = await writer()
      server.script = [cut, json(200, live)]
      assert.match((await failure(writes.replace(configMap({})))).message, /is not known$/)
    })

    it('deletes after a conflict what is still the same object', async () => {
      const writes = await writer()
      const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'x', name: 'a' }
      server.script = [conflict, json(200, live), json(200, {})]
      assert.equal(await writes.delete(ref, 'u'), true)
      server.script = [conflict, json(200, live)]
      assert.equal(await writes.delete(ref, 'u', '7'), false)
      server.script = [conflict, json(200, { ...live, metadata: { ...live.metadata, uid: 'other' } })]
      assert.equal(await writes.delete(ref, 'u'), false)
    })

    it('knows that it deleted what is gone, and not what somebody changed or replaced', async () => {
      const writes = await writer()
      const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'x', name: 'a' }
      const absent = json(404, { reason: 'NotFound' })
      server.script = [cut, absent, absent]
      assert.equal(await writes.delete(ref, 'u'), true)
      server.script = [absent, absent]
      assert.equal(await writes.delete(ref, 'u'), false)
      assert.equal(server.script.length, 1)
      server.script = [cut, conflict, json(200, live)]
      assert.equal(await writes.delete(ref, 'u', '7'), false)
      server.script = [cut, conflict, json(200, { ...live, metadata: { ...live.metadata, uid: 'other' } })]
      assert.equal(await writes.delete(ref, 'u'), true)
    })
  })
})
