/** An admission webhook that answers at a Service's address, which on a bed is a loopback address. */
import { createServer, type Server } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'

export interface AdmissionRequest {
  uid: string
  namespace?: string
  dryRun?: boolean
  object?: unknown
}

export interface JsonPatchOperation {
  op: 'add' | 'replace'
  path: string
  value: unknown
}

/** What to do with a request: allow it, perhaps changed, or refuse it by throwing. */
export type Admit = (request: AdmissionRequest) => Promise<JsonPatchOperation[]>

export interface KeyPair {
  cert: string
  key: string
}

/** Listens and answers admission reviews; the result takes the listener and its connections away. */
export async function serveAdmission(
  address: { host: string; port: number },
  pair: KeyPair,
  admit: Admit,
): Promise<() => Promise<void>> {
  const server = createServer(pair, (request, response) => void answer(request, response, admit))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address.port, address.host, resolve)
  })
  return () => close(server)
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    // The API server keeps its connections: without this it would go on being served.
    server.closeAllConnections()
  })
}

async function answer(request: IncomingMessage, response: ServerResponse, admit: Admit): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  if (request.method === 'GET') return void response.end('Health OK')
  const review = JSON.parse(Buffer.concat(chunks).toString()) as { request: AdmissionRequest }
  const { apiVersion, kind } = review as unknown as { apiVersion: string; kind: string }
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ apiVersion, kind, response: await verdictOn(review.request, admit) }))
}

async function verdictOn(request: AdmissionRequest, admit: Admit): Promise<object> {
  try {
    const patch = await admit(request)
    const allowed = { uid: request.uid, allowed: true }
    if (patch.length === 0) return allowed
    return {
      ...allowed,
      patchType: 'JSONPatch',
      patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
    }
  } catch (error) {
    return { uid: request.uid, allowed: false, status: { message: (error as Error).message } }
  }
}
