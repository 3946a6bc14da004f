/** An HTTP server that answers from a script, for faults that a real API server cannot be made to have at will. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Answer = (response: ServerResponse, request: IncomingMessage) => void

export interface ScriptedServer {
  url: string
  /** Answers that are still to come; 599 once they are used up. */
  script: Answer[]
  /** `GET /path`, in order. */
  asked: string[]
  /** Authorization headers, in order. */
  logins: (string | undefined)[]
  /** How many were made since the start. */
  connections: number
  reset(): void
  close(): void
}

/** Starts it on a free port of 127.0.0.1. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const state = {
    script: [] as Answer[],
    asked: [] as string[],
    logins: [] as (string | undefined)[],
    connections: 0,
  }
  const server = createServer((request, response) => {
    state.asked.push(`${request.method ?? ''} ${request.url ?? ''}`)
    state.logins.push(request.headers.authorization)
    const answer = state.script.shift() ?? answers.json(599, { message: 'nothing more was expected' })
    request.resume().on('end', () => answer(response, request))
  })
  server.on('connection', () => state.connections++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(state, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reset: () => void Object.assign(state, { script: [], asked: [], logins: [] }),
    close() {
      server.closeAllConnections()
      server.close()
    },
  })
}

/** What a server may do to a request. */
export const answers = {
  json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
    return (response) =>
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body))
  },
  cut: ((response) => response.socket?.destroy()) satisfies Answer as Answer,
  silence: (() => undefined) satisfies Answer as Answer,
  page(status: number): Answer {
    return (response) =>
      response
        .writeHead(status, { 'Content-Type': 'text/html' })
        .end('<html>please log in to the hotel</html>')
  },
  /** Half of the text as a whole answer. */
  half(text: string): Answer {
    return (response) =>
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(text.slice(0, text.length / 2))
  },
  /** One byte at a time, for ever. */
  dribble: ((response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' })
    const timer = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(timer))
  }) satisfies Answer as Answer,
}
