/** What becomes of an eviction. The server is scripted: a budget and an overloaded server answer alike. */
import assert from 'node:assert/strict'
import { evictPod } from '../../src/adapters/evict-pod.js'
import { scriptedClients, type ScriptedClients } from '../support/scripted-client.js'
import { answers, startScriptedServer, type ScriptedServer } from '../support/scripted-server.js'

const { json } = answers
const pod = { apiVersion: 'v1', kind: 'Pod', namespace: 'osm-system', name: 'a' }
const budget = { message: "Cannot evict pod as it would violate the pod's disruption budget." }

describe('evicting a pod', () => {
  let server: ScriptedServer
  let clients: ScriptedClients
  before(async () => void (server = await startScriptedServer()))
  after(() => server.close())
  beforeEach(() => {
    server.reset()
    clients = scriptedClients(server)
  })

  it('takes the no of a budget as the answer, and asks an overloaded server again', async () => {
    const client = await clients.inTouch()
    server.script = [json(429, budget)]
    assert.deepEqual(await evictPod(client, pod, 'uid'), { result: 'later', why: budget.message })
    server.script = [json(429, { message: 'too many requests' }), json(201, {})]
    assert.deepEqual(await evictPod(client, pod, 'uid'), { result: 'evicted' })
  })

  it('leaves another pod of that name alone', async () => {
    const client = await clients.inTouch()
    server.script = [json(404, {})]
    assert.deepEqual(await evictPod(client, pod, 'uid'), { result: 'gone' })
    server.script = [json(409, {}), json(200, { metadata: { uid: 'another' } })]
    assert.deepEqual(await evictPod(client, pod, 'uid'), { result: 'gone' })
  })
})
