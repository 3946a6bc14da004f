import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { RestResponse } from './rest-failures.js'

/** One request as it goes over the wire, with the time that it may take from its start to the last byte. */
export interface WireRequest {
  url: URL
  options: RequestOptions
  body?: string | undefined
  timeoutMs: number
  /** An answer with more bytes is refused; `largestBody` unless told. */
  largestBody?: number | undefined
}

/** A page of 100 objects of 1.5 MiB, which is the largest that etcd takes, with room; nothing sane is larger. */
export const largestBody = 256 * 1024 * 1024

/**
 * Sends one request and reads its whole answer. The deadline counts from the start, so that an answer that
 * dribbles in ends like one that never comes. Rejects with an error that has a `code`.
 */
export function exchange({ url, options, body, timeoutMs, ...rest }: WireRequest): Promise<RestResponse> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const call = send(url, options, (response) => {
      readBody(response, rest.largestBody ?? largestBody).then((text) => {
        clearTimeout(deadline)
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text })
      }, fail)
    })
    // Settled before the socket is destroyed: what the streams then say hides the reason.
    const fail = (error: Error): void => {
      clearTimeout(deadline)
      reject(error)
      call.destroy()
    }
    const late = (): void => fail(failureOf(`no answer within ${timeoutMs / 1000} s`, 'ETIMEDOUT'))
    const deadline = setTimeout(late, timeoutMs)
    call.on('error', (error: NodeJS.ErrnoException) => fail(withCode(error)))
    call.end(body)
  })
}

function readBody(response: IncomingMessage, most: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const tooLarge = (): void =>
      reject(failureOf(`the answer is larger than ${Math.floor(most / 1024 / 1024)} MiB`, 'EMSGSIZE'))
    if (Number(response.headers['content-length']) > most) return tooLarge()
    response.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > most) tooLarge()
      else chunks.push(chunk)
    })
    response.on('error', (error) => reject(withCode(error)))
    response.on('end', () => {
      if (response.complete) resolve(Buffer.concat(chunks).toString('utf8'))
      else reject(failureOf('the answer was cut off', 'ECONNRESET'))
    })
  })
}

function failureOf(message: string, code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(message), { code })
}

/** "socket hang up" and a parser that gave up have codes of node's own or none. */
function withCode(error: NodeJS.ErrnoException): NodeJS.ErrnoException {
  error.code ??= 'ECONNRESET'
  return error
}
