import { UpgradeError } from '../errors.js'
import type { RestRequest } from './rest-client.js'
import type { RestResponse } from './rest-failures.js'

/** What one try came to: an answer, or an error where there was none. */
export type Outcome = { response: RestResponse; error?: undefined } | { response?: undefined; error: unknown }

/** Why an outcome is not the end of a call. */
export interface Trouble {
  /** `network`: nobody answered. `answer`: an answer that cannot be the server's last word. */
  kind: 'network' | 'answer'
  /** For a person: `ECONNRESET`, `503`. */
  why: string
  /** The request may have been carried out all the same. */
  maybeDone: boolean
  /** Asking again does no harm. */
  mayRepeat: boolean
  /** Where more tries will not help. */
  maxTries: number
  /** Never passes by itself when it happens on the very first contact: a wrong address, a wrong certificate. */
  hopelessAtFirst: boolean
  /** Milliseconds the server asks us to wait. */
  retryAfterMs: number
}

/** The server's word is not always the last one: after these the state of a write is not known. */
const gateway = new Set([502, 503, 504])
const fewTries = 5
const longestRetryAfterMs = 30_000
const longestBackoffMs = 5_000
const firstBackoffMs = 200

const certificate =
  /^(CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|UNABLE_TO_VERIFY|HOSTNAME_MISMATCH|ERR_SSL|EPROTO)/
const neverSent = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EHOSTDOWN)$/

/** True for a code of a certificate or handshake that was not accepted. */
export function isCertificateCode(code: string): boolean {
  return certificate.test(code)
}

/** Judges one outcome; undefined where it stands. */
export function troubleOf(request: RestRequest, outcome: Outcome, now: number): Trouble | undefined {
  return outcome.response
    ? answerTrouble(request, outcome.response, now)
    : errorTrouble(request, outcome.error)
}

/** How long to wait before the next try: what the server asks, else growing, with jitter. */
export function pauseBefore(tries: number, { retryAfterMs }: Trouble, random: number): number {
  const backoff = Math.min(firstBackoffMs * 2 ** Math.min(tries - 1, 10), longestBackoffMs)
  return Math.max(retryAfterMs, backoff * (0.5 + random / 2))
}

/** True where a call may be sent twice: a read, or a write that is the same when done twice. */
export function isRepeatable(request: RestRequest): boolean {
  return request.repeatable ?? request.method === 'GET'
}

function answerTrouble(request: RestRequest, response: RestResponse, now: number): Trouble | undefined {
  const { status } = response
  const common = { ...base, why: String(status), retryAfterMs: retryAfter(response, now) }
  // Refused before it was begun, whatever it was.
  if (status === 429 && !isBudget(request, response)) return { ...common, mayRepeat: true }
  const passes = isConfused(request, response) || (status === 409 && request.conflictPasses === true)
  if (passes) return { ...common, mayRepeat: true, maxTries: fewTries }
  if (response.broken !== undefined) {
    const why = 'an answer that is not whole'
    return { ...common, why, maybeDone: true, mayRepeat: isRepeatable(request), maxTries: fewTries }
  }
  if (!gateway.has(status) && status !== 500) return undefined
  const maxTries = status === 500 ? fewTries : Infinity
  return { ...common, maybeDone: true, mayRepeat: isRepeatable(request), maxTries }
}

/** A read has no conflict and nothing to validate: somebody in between answers for the server. */
function isConfused({ method }: RestRequest, { status }: RestResponse): boolean {
  return method === 'GET' && (status === 409 || status === 422)
}

/** A PodDisruptionBudget refuses with the status of a server that has too much to do. */
function isBudget({ budgetStands }: RestRequest, { body }: RestResponse): boolean {
  return budgetStands === true && /disruption budget|DisruptionBudget/.test(body)
}

function errorTrouble(request: RestRequest, error: unknown): Trouble {
  const common = { ...base, kind: 'network' as const }
  // The login failed: a credential plugin needs the network, too.
  if (error instanceof UpgradeError) {
    return { ...common, why: 'login', mayRepeat: true, maxTries: 3, hopelessAtFirst: true }
  }
  const code = String((error as NodeJS.ErrnoException | undefined)?.code ?? 'unknown')
  const why = code
  if (neverSent.test(code) || certificate.test(code)) {
    return { ...common, why, mayRepeat: true, hopelessAtFirst: true }
  }
  if (code === 'EMSGSIZE') return { ...common, why, maybeDone: true, mayRepeat: false }
  const hopelessAtFirst = code === 'ETIMEDOUT'
  return { ...common, why, hopelessAtFirst, maybeDone: true, mayRepeat: isRepeatable(request) }
}

const base: Omit<Trouble, 'why' | 'mayRepeat'> = {
  kind: 'answer',
  maybeDone: false,
  maxTries: Infinity,
  hopelessAtFirst: false,
  retryAfterMs: 0,
}

/** Retry-After is seconds or a date; more than half a minute is not waited. */
function retryAfter({ headers }: RestResponse, now: number): number {
  const text = String(headers['retry-after'] ?? '')
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), longestRetryAfterMs) : 0
}
