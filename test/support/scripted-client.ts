/** A REST client of a scripted server, with a clock whose time passes only while the client sleeps. */
import assert from 'node:assert/strict'
import { loadKubeconfig } from '../../src/adapters/kubeconfig.js'
import { RestClient, type RestOptions, type RestRequest } from '../../src/adapters/rest-client.js'
import { UpgradeError } from '../../src/errors.js'
import { answers, type ScriptedServer } from './scripted-server.js'

export const get: RestRequest = { method: 'GET', path: '/a' }

/** What a client under test did besides sending. */
export interface ScriptedClients {
  told: string[]
  pauses: number[]
  /** Milliseconds that were slept. */
  passed: number
  readonly startedAt: number
  readonly clock: NonNullable<RestOptions['clock']>
  make(options?: Partial<RestOptions>, kubeconfig?: string): RestClient
  /** One that has had an answer before. */
  inTouch(options?: Partial<RestOptions>): Promise<RestClient>
}

/** Makes clients of a server and records what they tell and how long they wait. */
export function scriptedClients(server: ScriptedServer): ScriptedClients {
  const startedAt = Date.now()
  const clients: ScriptedClients = {
    told: [],
    pauses: [],
    passed: 0,
    startedAt,
    clock: {
      now: () => startedAt + clients.passed,
      sleep: (ms) => {
        clients.passed += ms
        clients.pauses.push(ms)
        return new Promise((resolve) => setImmediate(resolve))
      },
    },
    make(options = {}, kubeconfig) {
      const own = kubeconfig === undefined ? { apiServer: server.url } : {}
      const access = loadKubeconfig(own, { KUBECONFIG: kubeconfig ?? '/nonexistent' }, () => undefined)
      const tell = (message: string): void => void clients.told.push(message)
      return new RestClient(access, {
        timeoutMs: 200,
        userAgent: 'test',
        tell,
        clock: clients.clock,
        ...options,
      })
    },
    async inTouch(options) {
      const client = clients.make(options)
      server.script = [answers.json(200, { ok: 1 })]
      await client.send(get)
      server.reset()
      return client
    },
  }
  return clients
}

/** The error that work must end with. */
export async function failure(work: Promise<unknown>): Promise<UpgradeError> {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  assert.ok(error instanceof UpgradeError, String(error))
  return error
}
