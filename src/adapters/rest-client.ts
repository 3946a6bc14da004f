import {
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import { request as httpsRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClusterAccess, RequestSecurity } from './kubeconfig.js'
import { unreachable, type RestResponse } from './rest-failures.js'

/** One call of the API server. `path` begins with a slash and may carry a query. */
export interface RestRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  body?: string
  contentType?: string
  accept?: string
  /** True where asking twice does no harm: it is then asked again after a cut connection or a 503. */
  repeatable?: boolean
  /** Where an answer is of use only within a shorter time than usual. */
  timeoutMs?: number
}

export interface RestOptions {
  timeoutMs: number
  userAgent: string
}

const attempts = 4
const longestPauseMs = 5_000
/** Aggregated lists of a big cluster are large; nothing sane is larger than this. */
const largestBody = 512 * 1024 * 1024

/**
 * A small HTTPS client of one API server: connections are kept, every call has a deadline, and what the
 * server says is "later" (429, 503 with Retry-After) is asked again a few times.
 */
export class RestClient {
  constructor(
    readonly access: ClusterAccess,
    private readonly options: RestOptions,
  ) {}

  /** Answers with any status. Throws `ClusterUnreachable` where there is no answer. */
  async send(request: RestRequest): Promise<RestResponse> {
    const { server, kubectl } = this.access
    let renewed = false
    for (let attempt = 1; ; attempt++) {
      try {
        const security = await this.access.security()
        const response = await this.sendOnce(request, security)
        if (response.status === 401 && !renewed) {
          renewed = true
          await this.access.security(true)
          continue
        }
        const pause = attempt < attempts ? pauseBeforeRetry(request, response, attempt) : undefined
        if (pause === undefined) return response
        await sleep(pause)
      } catch (error) {
        if (attempt >= attempts || !mayAskAgain(request, error)) throw unreachable(server, kubectl, error)
        await sleep(100 * attempt)
      }
    }
  }

  private sendOnce(request: RestRequest, security: RequestSecurity): Promise<RestResponse> {
    const timeoutMs = request.timeoutMs ?? this.options.timeoutMs
    const url = new URL(this.access.server + request.path)
    return new Promise((resolve, reject) => {
      const send = url.protocol === 'https:' ? httpsRequest : httpRequest
      const call = send(url, this.requestOptions(request, security), (response) => {
        readBody(response, call).then(
          (body) =>
            finish(() => resolve({ status: response.statusCode ?? 0, headers: response.headers, body })),
          (error: Error) => finish(() => reject(error)),
        )
      })
      const deadline = setTimeout(
        () => call.destroy(failureOf(`no answer within ${timeoutMs / 1000} s`, 'ETIMEDOUT')),
        timeoutMs,
      )
      const finish = (settle: () => void): void => {
        clearTimeout(deadline)
        settle()
      }
      call.on('error', (error: NodeJS.ErrnoException) => finish(() => reject(withReuse(error, call))))
      call.end(request.body)
    })
  }

  private requestOptions(request: RestRequest, { agent, headers }: RequestSecurity): RequestOptions {
    const length = request.body === undefined ? {} : { 'Content-Length': Buffer.byteLength(request.body) }
    const type =
      request.body === undefined ? {} : { 'Content-Type': request.contentType ?? 'application/json' }
    return {
      method: request.method,
      agent,
      headers: {
        Accept: request.accept ?? 'application/json',
        'User-Agent': this.options.userAgent,
        ...type,
        ...length,
        ...headers,
      },
    }
  }
}

function readBody(response: IncomingMessage, call: ClientRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > largestBody) call.destroy(failureOf('the answer is too large', 'EMSGSIZE'))
    })
    response.on('error', reject)
    response.on('end', () => {
      if (response.complete) resolve(Buffer.concat(chunks).toString('utf8'))
      else reject(failureOf('the answer was cut off', 'ECONNRESET'))
    })
  })
}

/** How long to wait before asking again; undefined where the answer stands. */
function pauseBeforeRetry(request: RestRequest, response: RestResponse, attempt: number): number | undefined {
  const after = Number(response.headers['retry-after'])
  const asksForPause = Number.isFinite(after) && after >= 0
  // A 429 was not carried out, whatever it was; a 503 may have been.
  const again = response.status === 429 || (response.status === 503 && isRepeatable(request) && asksForPause)
  if (!again) return undefined
  return Math.min(asksForPause ? after * 1000 : 250 * attempt, longestPauseMs)
}

function mayAskAgain(request: RestRequest, error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return isRepeatable(request) && (code === 'ECONNRESET' || code === 'EPIPE')
}

function isRepeatable(request: RestRequest): boolean {
  return request.repeatable ?? request.method === 'GET'
}

function failureOf(message: string, code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code })
}

/** A kept connection that the server closed meanwhile: the request was never read. */
function withReuse(error: NodeJS.ErrnoException, call: ClientRequest): NodeJS.ErrnoException {
  if (error.message === 'socket hang up' && call.reusedSocket) error.code = 'ECONNRESET'
  return error
}
