import { messageOf, UpgradeError } from '../errors.js'
import { field } from '../model/kube-object.js'
import type { ApiRefusal } from '../model/api-result.js'
import { isCertificateCode } from './retry-policy.js'

/** An answer of the API server, whatever its status. */
export interface RestResponse {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
  /** The JSON of a success. */
  parsed?: unknown
  /** Why a success, or an answer that speaks for the API server, is none. */
  broken?: string
  /** An earlier try of the same request had no clear answer and may have been carried out. */
  maybeDone?: boolean
}

/** What is being asked, for messages. */
export interface Asked {
  method: string
  path: string
}

/** Where there was no answer; `unknown` is a write of which nobody knows whether it was carried out. */
export interface NoAnswer {
  server: string
  kubectl: string
  unknown?: Asked | undefined
}

/** A connection that failed, in plain words; the library's code stays in the cause. */
export function unreachable({ server, kubectl, unknown }: NoAnswer, error: unknown): UpgradeError {
  if (error instanceof UpgradeError) return error
  const { host } = new URL(server)
  const doubt = unknown
    ? `; whether ${unknown.method} ${pathOnly(unknown.path)} was carried out is not known`
    : ''
  const message = `reach the API server ${host}: ${plainWords(error)}${doubt}`
  return new UpgradeError('ClusterUnreachable', message, { kubectl, server }, error)
}

function plainWords(error: unknown): string {
  const code = String((error as NodeJS.ErrnoException | undefined)?.code ?? '')
  if (code === 'ECONNREFUSED') return 'connection refused'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'no such host'
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'no route to the host'
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'the connection was cut off'
  // An AggregateError of several addresses has no message of its own.
  const words = messageOf(error) || code
  return isCertificateCode(code) ? `its certificate is not accepted: ${words}` : words
}

/** The server's refusal as a value; total: an answer that is no Status gives its status and first words. */
export function refusalOf({ status, body }: RestResponse): ApiRefusal {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    const words = body
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, 200)
    return { status, reason: '', message: words || `HTTP status ${status}` }
  }
  const message = field(parsed, 'message')
  const reason = field(parsed, 'reason')
  return {
    status,
    reason: typeof reason === 'string' ? reason : '',
    message: typeof message === 'string' && message !== '' ? message : `HTTP status ${status}`,
  }
}

function detailsOf({ path }: Asked, status?: number): Record<string, string> {
  const remedy =
    status === 401
      ? 'Log in again (as whom: kubectl auth whoami), then run the command again'
      : `Ask the server yourself: kubectl get --raw "${path}"`
  return { path, remedy }
}

/** The error of an answer that refuses: the server's own words. */
export function apiFailure(asked: Asked, response: RestResponse): UpgradeError {
  const { status, reason, message } = refusalOf(response)
  const details = { ...detailsOf(asked, status), status: String(status), reason }
  return new UpgradeError('ApiFailure', `${asked.method} ${pathOnly(asked.path)}: ${message}`, details)
}

/**
 * Reads the JSON of a success. `broken` says why it is none, also for a page of HTML under a status with which
 * the API server itself never sends one: from a proxy, a 404 is not the server's word that nothing is there.
 */
export function readAnswer(
  response: RestResponse,
  parse: (body: string) => unknown = JSON.parse,
): RestResponse {
  const { status, headers, body } = response
  if (status >= 200 && status < 300) {
    try {
      return { ...response, parsed: parse(body) }
    } catch (error) {
      return { ...response, broken: messageOf(error) }
    }
  }
  const isPage = /text\/html/.test(String(headers['content-type'] ?? ''))
  const isLastWord = ![401, 403, 429].includes(status) && status < 500
  return isPage && isLastWord ? { ...response, broken: `HTTP status ${status} with a web page` } : response
}

/** The error of an answer that is no JSON. */
export function brokenAnswer(asked: Asked, why: string, cause?: unknown): UpgradeError {
  const message = `${asked.method} ${pathOnly(asked.path)}: the server's answer is not complete JSON (${why})`
  return new UpgradeError('ApiFailure', message, detailsOf(asked), cause)
}

/** The error of an answer that is more than we are willing to hold. */
export function tooLarge(asked: Asked, cause: unknown): UpgradeError {
  const message = `${asked.method} ${pathOnly(asked.path)}: ${messageOf(cause)}`
  return new UpgradeError('ApiFailure', message, detailsOf(asked), cause)
}

/** True for an `ApiFailure` with one of the HTTP statuses. */
export function hasStatus(error: unknown, ...statuses: number[]): error is UpgradeError {
  return (
    error instanceof UpgradeError &&
    error.code === 'ApiFailure' &&
    statuses.includes(Number(error.details.status))
  )
}

function pathOnly(path: string): string {
  return path.split('?')[0] ?? path
}
