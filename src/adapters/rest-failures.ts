import { messageOf, UpgradeError } from '../errors.js'
import { field } from '../model/kube-object.js'
import type { ApiRefusal } from '../model/api-result.js'

/** An answer of the API server, whatever its status. */
export interface RestResponse {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: string
}

/** What is being asked, for messages. */
export interface Asked {
  method: string
  path: string
}

const certificateCodes =
  /^(CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|UNABLE_TO_VERIFY|HOSTNAME_MISMATCH|ERR_SSL|EPROTO)/

/** A connection that failed, in plain words; the library's code stays in the cause. */
export function unreachable(server: string, kubectl: string, error: unknown): UpgradeError {
  if (error instanceof UpgradeError) return error
  const { host } = new URL(server)
  const message = `reach the API server ${host}: ${plainWords(error)}`
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
  return certificateCodes.test(code) ? `its certificate is not accepted: ${words}` : words
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

/** The error of an answer that refuses: the server's own words. */
export function apiFailure(asked: Asked, response: RestResponse): UpgradeError {
  const { status, reason, message } = refusalOf(response)
  const details = { path: asked.path, status: String(status), reason }
  return new UpgradeError('ApiFailure', `${asked.method} ${pathOnly(asked.path)}: ${message}`, details)
}

/** The JSON of an answer. Throws `ApiFailure` where the text is cut off or no JSON. */
export function parseAnswer(asked: Asked, body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    throw brokenAnswer(asked, messageOf(error), error)
  }
}

/** The error of an answer that is no JSON. */
export function brokenAnswer(asked: Asked, why: string, cause?: unknown): UpgradeError {
  const message = `${asked.method} ${pathOnly(asked.path)}: the server's answer is not complete JSON (${why})`
  return new UpgradeError('ApiFailure', message, { path: asked.path }, cause)
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
