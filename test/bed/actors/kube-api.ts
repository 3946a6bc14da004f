/** What an actor needs of an API server: plain requests under a field manager's name, and watches. */
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface Answer {
  status: number
  body: unknown
}

export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  body?: unknown
  /** Who is to be named in `managedFields`. */
  manager?: string
  /** Statuses of 300 and more that are no failure. */
  also?: number[]
}

export interface KubeApi {
  /** One request; throws unless it succeeds or fails with a status in `also`. PATCH bodies are merge patches. */
  call(call: Call): Promise<Answer>
  /** Calls `onEvent` for each line of a watch until it ends; rejects when it cannot be opened. */
  watch(path: string, onEvent: (event: unknown) => void, signal: AbortSignal): Promise<void>
}

const timeoutMs = 10_000

/** A client with the identity `user` of the bed in folder `bedFolder`. */
export function kubeApi(url: string, bedFolder: string, user: string): KubeApi {
  const file = (name: string): Buffer => readFileSync(join(bedFolder, 'pki', name))
  const agent = new Agent({
    keepAlive: true,
    ca: file('ca.crt'),
    cert: file(`${user}.crt`),
    key: file(`${user}.key`),
  })
  return {
    call: (call) => sendCall(agent, url, call),
    watch: (path, onEvent, signal) => followWatch(agent, `${url}${path}`, onEvent, signal),
  }
}

async function sendCall(agent: Agent, url: string, call: Call): Promise<Answer> {
  const { method, path, body, manager, also = [] } = call
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
  const query = manager ? `?fieldManager=${manager}` : ''
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { 'content-type': type, accept: 'application/json', 'user-agent': manager ?? 'actor' }
    const outgoing = httpsRequest(`${url}${path}${query}`, { agent, method, timeout: timeoutMs, headers })
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${path}: no answer`)))
    outgoing.on('error', reject).on('response', resolve)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  const status = message.statusCode ?? 0
  if (status >= 300 && !also.includes(status)) throw new Error(`${method} ${path}: ${status} ${text}`)
  return { status, body: text.startsWith('{') ? JSON.parse(text) : undefined }
}

async function followWatch(
  agent: Agent,
  url: string,
  onEvent: (event: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  const message = await new Promise<IncomingMessage>((resolve, reject) => {
    httpsRequest(url, { agent, signal }).on('error', reject).on('response', resolve).end()
  })
  if (message.statusCode !== 200) {
    message.resume()
    throw new Error(`${url}: ${message.statusCode}`)
  }
  for await (const line of createInterface({ input: message })) onEvent(JSON.parse(line))
}
