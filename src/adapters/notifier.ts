import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { request as httpRequest, type RequestOptions } from 'node:http'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Notifier } from '../ports/notifier.js'
import { fileReason } from './file-reason.js'
import { exchange } from './http-exchange.js'
import { proxyFor } from './proxy-environment.js'

/** Nobody reads the answer. */
const largestAnswer = 1024 * 1024

/** Tells URLs and files; a proxy is taken from the environment as helm and kubectl take it. */
export function notifier(env: NodeJS.ProcessEnv): Notifier {
  return {
    async send(target, event, timeoutMs) {
      const url = urlOf(target)
      const sent = url ? post(url, event, timeoutMs, env) : append(target, event)
      return Promise.race([sent, lateAfter(timeoutMs)])
    },
  }
}

function urlOf(target: string): URL | undefined {
  return /^https?:\/\//i.test(target) && URL.canParse(target) ? new URL(target) : undefined
}

async function append(file: string, event: object): Promise<string | undefined> {
  // Without O_NONBLOCK a pipe that nobody reads would hold us up.
  const flags = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_NONBLOCK
  try {
    const handle = await open(file, flags, 0o600)
    try {
      await handle.writeFile(`${JSON.stringify(event)}\n`)
    } finally {
      await handle.close()
    }
    return undefined
  } catch (error) {
    return `${file}: ${fileReason(error)}`
  }
}

async function post(
  url: URL,
  event: object,
  timeoutMs: number,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const body = JSON.stringify(event)
  const headers = {
    'Content-Type': 'application/cloudevents+json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
  }
  try {
    const way = await wayTo(url, timeoutMs, env)
    const options = { method: 'POST', ...way.options, headers: { ...headers, ...way.headers } }
    const { status } = await exchange({ url: way.url, options, body, timeoutMs, largestBody: largestAnswer })
    return status >= 200 && status < 300 ? undefined : `${url.host} answered ${status}`
  } catch (error) {
    // The message of some errors repeats the address, which may hold a password.
    const { code } = error as NodeJS.ErrnoException
    return `${url.host}: ${code ?? 'the request failed'}`
  }
}

interface Way {
  url: URL
  options: RequestOptions
  headers: Record<string, string>
}

/** Straight, or by the proxy that the environment names: a tunnel for https, the whole address for http. */
async function wayTo(url: URL, timeoutMs: number, env: NodeJS.ProcessEnv): Promise<Way> {
  const auth = url.username === '' ? {} : { Authorization: basic(url) }
  const address = proxyFor(url.href, env)
  if (address === undefined) return { url, options: {}, headers: auth }
  const proxy = new URL(address)
  const login = proxy.username === '' ? {} : { 'Proxy-Authorization': basic(proxy) }
  if (url.protocol === 'http:')
    return { url: proxy, options: { path: plain(url) }, headers: { ...auth, ...login, Host: url.host } }
  const socket = await tunnel(url, proxy, { timeoutMs, login })
  const createConnection = (): Socket => connectTls({ socket, servername: url.hostname })
  return { url, options: { createConnection }, headers: auth }
}

function tunnel(
  url: URL,
  proxy: URL,
  { timeoutMs, login }: { timeoutMs: number; login: Record<string, string> },
): Promise<Socket> {
  const path = `${url.hostname}:${url.port === '' ? '443' : url.port}`
  return new Promise((resolve, reject) => {
    const place = { host: proxy.hostname, port: proxy.port === '' ? 80 : Number(proxy.port) }
    const call = httpRequest({ ...place, method: 'CONNECT', path, headers: { Host: path, ...login } })
    call.setTimeout(timeoutMs, () => call.destroy(new Error('no answer')))
    call.on('error', reject)
    call.on('connect', (response, socket) => {
      if (response.statusCode === 200) return resolve(socket)
      socket.destroy()
      reject(Object.assign(new Error('refused'), { code: `the proxy answered ${response.statusCode ?? 0}` }))
    })
    call.end()
  })
}

function basic({ username, password }: URL): string {
  const words = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return `Basic ${Buffer.from(words).toString('base64')}`
}

/** The address without user and password. */
function plain(url: URL): string {
  return `${url.origin}${url.pathname}${url.search}`
}

function lateAfter(ms: number): Promise<string> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(`no answer within ${ms / 1000} s`), ms).unref()
  })
}
