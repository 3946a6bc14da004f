/**
 * An HTTP proxy between programs and a bed's API server that spoils chosen requests, for faults that a real
 * server cannot be made to have at will. It speaks plain HTTP on 127.0.0.1 and logs in as the bed's admin, so
 * that its kubeconfig needs no user. Answers are streamed, watches too.
 */
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Bed } from '../bed/start.js'

/**
 * Statuses are answered without asking the server. `slow-loris`: the real answer, one byte at a time.
 * `half-body`: the real answer, cut in the middle; `half-json`: its half as if it were whole; `page`: a web page.
 * `reset`: cut before the request is sent on; `reset-after`: carried out, and the answer lost. `hang`: nothing.
 */
export const faults = [
  ...(['401', '409', '422', '429', '500', '503', 'page'] as const),
  ...(['slow-loris', 'half-body', 'half-json', 'reset', 'reset-after', 'hang'] as const),
] as const

/** `downForMs`: the server is away, for new connections too. `path`: it is asked something else. */
export type Fault = (typeof faults)[number] | { downForMs: number } | { path: (asked: string) => string }

export interface ProxiedRequest {
  /** 1 is the first that the proxy saw. */
  nth: number
  /** Among those of the same program. */
  nthOfProgram: number
  method: string
  path: string
  userAgent: string
  program: 'ours' | 'helm' | 'kubectl' | 'other'
  dryRun: boolean
  fault?: Fault
}

export interface Injection {
  /** The number of the request, or a test of it. */
  at: number | ((request: ProxiedRequest) => boolean)
  fault: Fault
  /** How often it strikes; once unless told. */
  times?: number
}

export interface FaultProxy {
  url: string
  /** A kubeconfig that leads here, with a context of the bed's name. */
  kubeconfig: string
  /** Every request since the start or the last `reset`, in order. */
  requests: ProxiedRequest[]
  inject(injection: Injection): void
  /** Forgets requests and injections. */
  reset(): void
  close(): Promise<void>
}

interface Proxy {
  server: Server
  port: number
  upstream: URL
  agent: Agent
  injections: (Injection & { left: number })[]
  requests: ProxiedRequest[]
}

let count = 0

/** Starts a proxy to the bed; several may run side by side. */
export async function startFaultProxy(bed: Pick<Bed, 'dir' | 'name' | 'apiServerUrl'>): Promise<FaultProxy> {
  const file = (name: string): Buffer => readFileSync(join(bed.dir, 'pki', name))
  const agent = new Agent({
    ...{ keepAlive: true, ca: file('ca.crt'), cert: file('admin.crt'), key: file('admin.key') },
  })
  const server = createServer((request, response) => serve(proxy, request, response))
  // A watch may be silent for long.
  server.requestTimeout = 0
  const proxy: Proxy = {
    ...{ server, agent, port: 0, upstream: new URL(bed.apiServerUrl) },
    ...{ injections: [], requests: [] },
  }
  await listen(proxy)
  proxy.port = (server.address() as AddressInfo).port
  const url = `http://127.0.0.1:${proxy.port}`
  const kubeconfig = join(bed.dir, `fault-proxy-${++count}.kubeconfig`)
  writeFileSync(kubeconfig, JSON.stringify(kubeconfigFor(bed.name, url)), { mode: 0o600 })
  return {
    ...{ url, kubeconfig },
    get requests() {
      return proxy.requests
    },
    inject: (injection) => proxy.injections.push({ ...injection, left: injection.times ?? 1 }),
    reset: () => void Object.assign(proxy, { injections: [], requests: [] }),
    async close() {
      server.closeAllConnections()
      agent.destroy()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}

function kubeconfigFor(name: string, server: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user: {} }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  }
}

async function listen({ server, port }: Proxy): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

function serve(proxy: Proxy, request: IncomingMessage, response: ServerResponse): void {
  const seen = record(proxy, request)
  const injection = proxy.injections.find(
    ({ at, left }) => left > 0 && (typeof at === 'number' ? at === seen.nth : at(seen)),
  )
  if (!injection) return forward(proxy, { request, response }, (answer) => pass(answer, response))
  injection.left--
  seen.fault = injection.fault
  spoil(proxy, { fault: injection.fault, request, response })
}

function record(proxy: Proxy, request: IncomingMessage): ProxiedRequest {
  const { method = '', url: path = '', headers } = request
  const userAgent = headers['user-agent'] ?? ''
  const program = programOf(userAgent)
  const seen: ProxiedRequest = {
    nth: proxy.requests.length + 1,
    nthOfProgram: proxy.requests.filter((each) => each.program === program).length + 1,
    ...{ method, path, userAgent, program },
    dryRun: /[?&]dryRun=All/.test(path),
  }
  proxy.requests.push(seen)
  return seen
}

function programOf(userAgent: string): ProxiedRequest['program'] {
  if (userAgent.startsWith('kubectl-mesh-upgrade/')) return 'ours'
  if (/^helm/i.test(userAgent)) return 'helm'
  return userAgent.startsWith('kubectl/') ? 'kubectl' : 'other'
}

interface Spoilt {
  fault: Fault
  request: IncomingMessage
  response: ServerResponse
}

const words: Partial<Record<string, string>> = {
  '401': 'Unauthorized',
  '409': 'Conflict',
  '422': 'Invalid',
  '429': 'TooManyRequests',
  '500': 'InternalError',
  '503': 'ServiceUnavailable',
}

function spoil(proxy: Proxy, { fault, request, response }: Spoilt): void {
  if (typeof fault === 'object') {
    if ('downForMs' in fault) return void goDown(proxy, fault.downForMs)
    Object.assign(request, { url: fault.path(request.url ?? '') })
    return forward(proxy, { request, response }, (answer) => pass(answer, response))
  }
  switch (fault) {
    case 'reset':
      return void request.socket.destroy()
    case 'hang':
      return void request.resume()
    case 'page':
      return void response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>hotel login</html>')
    case 'reset-after':
      return forward(proxy, { request, response }, (answer) => {
        answer.resume().on('end', () => request.socket.destroy())
      })
    case 'slow-loris':
      return forward(proxy, { request, response }, (answer) => dribble(answer, response))
    case 'half-body':
    case 'half-json':
      return forward(proxy, { request, response }, (answer) => halve(answer, response, fault === 'half-json'))
    default:
      return refuse(request, response, Number(fault))
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, code: number): void {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code }
  const body = JSON.stringify({
    ...status,
    reason: words[code],
    message: `${words[code] ?? ''} by the fault proxy`,
  })
  const headers = { 'Content-Type': 'application/json', ...(code === 429 ? { 'Retry-After': '1' } : {}) }
  request.resume().on('end', () => response.writeHead(code, headers).end(body))
}

/** New connections are refused by the kernel, as by a server that is not there. */
async function goDown(proxy: Proxy, ms: number): Promise<void> {
  const { server } = proxy
  if (!server.listening) return
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
  await new Promise((resolve) => setTimeout(resolve, ms))
  await listen(proxy)
}

function forward(
  { upstream, agent }: Proxy,
  { request, response }: Omit<Spoilt, 'fault'>,
  onAnswer: (answer: IncomingMessage) => void,
): void {
  const { method, url: path, headers } = request
  const sent = httpsRequest(
    { hostname: upstream.hostname, port: upstream.port, agent, method, path, headers },
    onAnswer,
  )
  sent.on('error', () => request.socket.destroy())
  // A watch that nobody follows any more.
  response.on('close', () => response.writableFinished || sent.destroy())
  request.pipe(sent)
}

function pass(answer: IncomingMessage, response: ServerResponse): void {
  response.writeHead(answer.statusCode ?? 502, headersOf(answer))
  response.flushHeaders()
  answer.on('error', () => response.destroy())
  answer.pipe(response)
}

/** What concerns one connection is not passed on. */
function headersOf({ headers }: IncomingMessage): OutgoingHttpHeaders {
  const { connection: _c, 'keep-alive': _k, 'transfer-encoding': _t, ...rest } = headers
  return rest
}

function dribble(answer: IncomingMessage, response: ServerResponse): void {
  void bodyOf(answer).then((body) => {
    const { 'content-length': _length, ...headers } = headersOf(answer)
    response.writeHead(answer.statusCode ?? 502, headers)
    let at = 0
    const timer = setInterval(() => {
      response.write(body.subarray(at, ++at))
      if (at >= body.length) response.end()
    }, 200)
    response.on('close', () => clearInterval(timer))
  })
}

function halve(answer: IncomingMessage, response: ServerResponse, asIfWhole: boolean): void {
  void bodyOf(answer).then((body) => {
    const half = body.subarray(0, Math.floor(body.length / 2))
    const headers = headersOf(answer)
    const length = asIfWhole ? half.length : body.length
    response.writeHead(answer.statusCode ?? 502, { ...headers, 'content-length': length })
    response.write(half, () => (asIfWhole ? response.end() : response.destroy()))
  })
}

async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
