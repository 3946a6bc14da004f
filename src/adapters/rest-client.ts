import type { RequestOptions } from 'node:http'
import type { Clock } from '../ports/outside.js'
import { exchange } from './http-exchange.js'
import type { ClusterAccess, RequestSecurity } from './kubeconfig.js'
import { OutageNotes } from './outage-notes.js'
import { brokenAnswer, readAnswer, tooLarge, unreachable, type RestResponse } from './rest-failures.js'
import { pauseBefore, troubleOf, type Outcome, type Trouble } from './retry-policy.js'
import { systemClock } from './system-clock.js'

/** One call of the API server. `path` begins with a slash and may carry a query. */
export interface RestRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  body?: string
  contentType?: string
  /** JSON unless told; an answer of JSON must be whole. */
  accept?: string
  /**
   * True where sending twice does no harm, or where the caller looks at `maybeDone` of the answer.
   * Reads are, unless told.
   */
  repeatable?: boolean
  /** A 409 says that somebody else was quicker, and the same request succeeds when it is sent again. */
  conflictPasses?: boolean
  /** A 429 is the answer, and not a server that has too much to do. */
  budgetStands?: boolean
  /** Where an answer is of use only within a shorter time than usual. */
  timeoutMs?: number
  /** Where it is given up sooner than usual; 0: one try. */
  patienceMs?: number
  /** Reads the answer's JSON in a way of its own; what it throws means that the answer is not whole. */
  parse?: (body: string) => unknown
}

export interface RestOptions {
  /** Of one try, from its start to the last byte. */
  timeoutMs: number
  userAgent: string
  /** For how long a loss is ridden out once the server has answered; a minute unless told. */
  patienceMs?: number
  /** Ends the waiting for a lost server; what is asked after it was aborted is still tried for a moment. */
  signal?: AbortSignal
  /** Is told of a loss and of its end. */
  tell?: (message: string) => void
  clock?: Pick<Clock, 'now' | 'sleep'>
  largestBody?: number
}

const defaultPatienceMs = 60_000
/** Nobody wants to wait for a wrong address. */
const firstContactMs = 3_000
const shortestTryMs = 1_000

/** What is known of a call that goes on over several tries. */
interface Call {
  request: RestRequest
  tries: number
  /** When the last one began. */
  since: number
  /** When it is given up; counts from the first failure. */
  deadline: number | undefined
  maybeDone: boolean
  renewedLogin: boolean
  interrupted: boolean
  notes: OutageNotes
}

/**
 * A small HTTPS client of one API server that survives: connections are kept, every try has a deadline, what
 * passes is tried again (retry-policy.ts), a refused login is renewed once, and a loss is told.
 */
export class RestClient {
  private readonly clock: Pick<Clock, 'now' | 'sleep'>
  private readonly lost: OutageNotes
  private hasAnswered = false

  constructor(
    readonly access: ClusterAccess,
    private readonly options: RestOptions,
  ) {
    this.clock = options.clock ?? systemClock
    const words = {
      lost: (why: string) => `connection to ${access.server} lost (${why})`,
      back: 'connection is back',
    }
    this.lost = new OutageNotes(words, this.tell, this.clock)
  }

  /**
   * Answers with any status. Throws `ClusterUnreachable` where there is no answer, and `ApiFailure` for one
   * that stays broken.
   */
  async send(request: RestRequest): Promise<RestResponse> {
    const call = this.begin(request)
    for (;;) {
      const outcome = await this.tryOnce(call)
      const trouble = troubleOf(request, outcome, this.clock.now())
      if (outcome.response) this.answered(outcome.response, trouble)
      if (!trouble) call.notes.over()
      if (!trouble || !(await this.waitForNextTry(call, trouble))) return this.finish(call, outcome)
    }
  }

  private begin(request: RestRequest): Call {
    const words = {
      lost: (why: string) => `${this.access.server} answers ${request.method} with ${why}`,
      back: `${this.access.server} answers again`,
    }
    return {
      request,
      tries: 0,
      since: 0,
      deadline: undefined,
      maybeDone: false,
      renewedLogin: false,
      interrupted: this.options.signal?.aborted === true,
      notes: new OutageNotes(words, this.tell, this.clock),
    }
  }

  private readonly tell = (message: string): void => this.options.tell?.(message)

  private async tryOnce(call: Call): Promise<Outcome> {
    call.tries++
    call.since = this.clock.now()
    let security: RequestSecurity | undefined
    try {
      security = await this.access.security()
      const response = await this.exchange(call, security)
      if (response.status !== 401 || call.renewedLogin) return { response }
      call.renewedLogin = true
      security = await this.renewLogin(security)
      return { response: await this.exchange(call, security) }
    } catch (error) {
      if (security) dropIdleSockets(security)
      return { error }
    }
  }

  /** Several calls may be refused at once: one asks for new credentials. */
  private async renewLogin(refused: RequestSecurity): Promise<RequestSecurity> {
    const current = await this.access.security()
    return current === refused ? this.access.security(true) : current
  }

  private async exchange({ request, deadline }: Call, security: RequestSecurity): Promise<RestResponse> {
    const left = deadline === undefined ? Infinity : Math.max(shortestTryMs, deadline - this.clock.now())
    const response = await exchange({
      url: new URL(this.access.server + request.path),
      options: this.requestOptions(request, security),
      body: request.body,
      timeoutMs: Math.min(request.timeoutMs ?? this.options.timeoutMs, left),
      largestBody: this.options.largestBody,
    })
    return request.accept === '*/*' ? response : readAnswer(response, request.parse)
  }

  /** An overloaded server or a proxy without one is no contact yet. */
  private answered({ status }: RestResponse, trouble: Trouble | undefined): void {
    this.lost.over()
    if (!trouble || status === 409) this.hasAnswered = true
  }

  /** False where no other try is due. */
  private async waitForNextTry(call: Call, trouble: Trouble): Promise<boolean> {
    call.maybeDone ||= trouble.maybeDone
    const notes = trouble.kind === 'network' ? this.lost : call.notes
    const now = this.clock.now()
    call.deadline ??= now + this.patienceOf(call)
    const isHopeless = trouble.hopelessAtFirst && !this.hasAnswered
    if (!trouble.mayRepeat || isHopeless || call.tries >= trouble.maxTries || now >= call.deadline) {
      notes.forget()
      return false
    }
    notes.failed(trouble.why, { ...call, deadline: call.deadline })
    const pause = Math.min(pauseBefore(call.tries, trouble, Math.random()), call.deadline - now)
    const { signal } = this.options
    // Aborted before this call began: it would not wait at all.
    await this.clock.sleep(pause, call.interrupted ? undefined : signal)
    return call.interrupted || signal?.aborted !== true
  }

  private patienceOf({ request, interrupted }: Call): number {
    const usual = this.options.patienceMs ?? defaultPatienceMs
    const most = this.hasAnswered && !interrupted ? usual : Math.min(usual, firstContactMs)
    return Math.min(request.patienceMs ?? most, most)
  }

  private finish({ request, maybeDone }: Call, { response, error }: Outcome): RestResponse {
    const { server, kubectl } = this.access
    if (response?.broken !== undefined) throw brokenAnswer(request, response.broken)
    if (response) return { ...response, maybeDone }
    if ((error as NodeJS.ErrnoException | undefined)?.code === 'EMSGSIZE') throw tooLarge(request, error)
    throw unreachable(
      { server, kubectl, unknown: maybeDone && request.method !== 'GET' ? request : undefined },
      error,
    )
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

/** After a lost network kept connections are dead, and each would take a timeout of its own to show it. */
function dropIdleSockets({ agent }: RequestSecurity): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
}
