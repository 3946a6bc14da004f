/** A few requests to an API server with a client certificate; loads nothing beyond node:https. */
import { Agent, request as httpsRequest } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface ApiAnswer {
  status: number
  text: string
}

export interface ApiClient {
  /** Sends one request and returns whatever the server answers; throws only when there is no answer. */
  send(method: string, path: string, body?: unknown): Promise<ApiAnswer>
  /** The same, and throws unless the answer is a success or one of the statuses in `also`. */
  expect(method: string, path: string, body?: unknown, also?: number[]): Promise<unknown>
}

const timeoutMs = 10_000

/**
 * A client for the API server at `url` with the identity `user` from the bed's folder `pki`.
 * PATCH bodies are sent as merge patches.
 */
export function apiClient(url: string, pkiFolder: string, user: string): ApiClient {
  const file = (name: string): Buffer => readFileSync(join(pkiFolder, name))
  const agent = new Agent({
    keepAlive: true,
    ca: file('ca.crt'),
    cert: file(`${user}.crt`),
    key: file(`${user}.key`),
  })

  async function send(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = httpsRequest(`${url}${path}`, {
        agent,
        method,
        timeout: timeoutMs,
        headers: { 'content-type': type, accept: 'application/json', 'user-agent': 'mesh-upgrade-bed' },
      })
      outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${path}: no answer`)))
      outgoing.on('error', reject).on('response', resolve)
      outgoing.end(body === undefined ? undefined : JSON.stringify(body))
    })
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk as Buffer)
    return { status: message.statusCode ?? 0, text: Buffer.concat(chunks).toString() }
  }

  async function expect(method: string, path: string, body?: unknown, also: number[] = []): Promise<unknown> {
    const { status, text } = await send(method, path, body)
    if (status >= 300 && !also.includes(status)) throw new Error(`${method} ${path}: ${status} ${text}`)
    return JSON.parse(text)
  }

  return { send, expect }
}
