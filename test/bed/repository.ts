/** A chart repository on 127.0.0.1, packaged and indexed by the real helm, with release notes beside it. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ensureBuilt } from './build.js'

export interface ChartRepository {
  url: string
  close(): Promise<void>
}

export interface RepositoryContent {
  /** Where packages and index.yaml are written. */
  dir: string
  /** Chart folders, each with a Chart.yaml; several versions of a chart are several folders. */
  charts: string[]
  /** A folder with `v<version>.md`, served below `/notes/`. */
  notes?: string
}

const contentTypes: Record<string, string> = {
  tgz: 'application/gzip',
  yaml: 'text/yaml',
  md: 'text/markdown',
}

/**
 * Packages the charts and serves them, until `close`, in this process (a caller that blocks on a child process
 * blocks the repository too). Throws helm's complaint when a chart cannot be packaged.
 */
export async function serveChartRepository({
  dir,
  charts,
  notes,
}: RepositoryContent): Promise<ChartRepository> {
  mkdirSync(dir, { recursive: true })
  const server = createServer((request, response) => answer({ dir, notes }, request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  try {
    if (charts.length > 0) await helm(dir, ['package', ...charts, '--destination', dir])
    await helm(dir, ['repo', 'index', dir, '--url', url])
  } catch (error) {
    await close()
    throw error
  }
  return { url, close }
}

async function helm(dir: string, args: string[]): Promise<void> {
  const home = join(dir, '.helm')
  const env = { ...process.env, HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home }
  await promisify(execFile)(join(await ensureBuilt(), 'helm3'), args, { env })
}

interface Folders {
  dir: string
  notes: string | undefined
}

function answer({ dir, notes }: Folders, request: IncomingMessage, response: ServerResponse): void {
  const file = /^\/(notes\/)?([\w.+-]+\.(tgz|yaml|md))(?:\?|$)/.exec(decodeURI(request.url ?? ''))
  const name = file?.[2] ?? ''
  const extension = file?.[3] ?? ''
  const folder = file?.[1] ? notes : dir
  try {
    if (!folder || !name) throw new Error('no such file')
    const content = readFileSync(join(folder, name))
    response.writeHead(200, { 'content-type': contentTypes[extension] }).end(content)
  } catch {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n')
  }
}
