import { readdirSync, readFileSync, statSync } from 'node:fs'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { get as httpsGet } from 'node:https'
import { join } from 'node:path'
import { messageOf, UpgradeError } from '../errors.js'
import type { CrdManifest } from '../model/chart.js'
import { field, textField, type KubeObject } from '../model/kube-object.js'
import type { TextReader } from '../ports/outside.js'
import { parseYamlDocuments } from '../kubernetes-yaml.js'

const maxBytes = 8 * 1024 * 1024
const maxRedirects = 5
const crdTimeoutMs = 30_000

/** Files, folders and URLs as text. */
export const texts: TextReader = { readText, readCrds, listNotes }

async function readText(location: string, timeoutMs: number): Promise<string> {
  if (isUrl(location)) return readUrl(location, timeoutMs)
  return attempt(location, () => {
    const { size } = statSync(location)
    if (size > maxBytes) throw new Error(`it is larger than ${maxBytes / 1024 / 1024} MiB`)
    return readFileSync(location, 'utf8')
  })
}

async function listNotes(location: string): Promise<string[]> {
  if (isUrl(location)) return [location]
  return attempt(location, () =>
    statSync(location).isDirectory() ? filesIn(location, /\.(md|markdown|txt)$/i) : [location],
  )
}

async function readCrds(location: string): Promise<CrdManifest[]> {
  if (isUrl(location)) return crdsOf(location, await readUrl(location, crdTimeoutMs))
  const files = attempt(location, () =>
    statSync(location).isDirectory() ? filesIn(location, /\.(ya?ml|json)$/i) : [location],
  )
  const found = files.flatMap((file) =>
    crdsOf(
      file,
      attempt(file, () => readFileSync(file, 'utf8')),
    ),
  )
  if (found.length === 0)
    throw unreadable(location, 'it holds no CustomResourceDefinition of apiextensions.k8s.io/v1')
  return found
}

/** CustomResourceDefinitions of a text; other objects are left alone. Throws `TextUnreadable`. */
export function crdsOf(file: string, text: string): CrdManifest[] {
  const documents = attempt(file, () => parseYamlDocuments(text))
  const crds = documents.filter((document) => field(document, 'kind') === 'CustomResourceDefinition')
  return crds.map((document) => {
    const apiVersion = textField(document, 'apiVersion')
    const name = textField(document, 'metadata', 'name')
    if (apiVersion !== 'apiextensions.k8s.io/v1')
      throw unreadable(file, `CRD ${name} is of ${apiVersion}, which clusters since 1.22 do not take`)
    if (name === '') throw unreadable(file, 'a CRD in it has no name')
    return { file, object: document as KubeObject }
  })
}

function filesIn(folder: string, wanted: RegExp): string[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => entry.isFile() && wanted.test(entry.name))
  return files.map((entry) => join(entry.parentPath, entry.name)).sort()
}

async function readUrl(url: string, timeoutMs: number): Promise<string> {
  const deadline = AbortSignal.timeout(timeoutMs)
  let at = url
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const answer = await fetchOnce(at, deadline, timeoutMs)
    if (answer.location === undefined) return answer.isJson ? githubBody(answer.text) : answer.text
    at = new URL(answer.location, at).href
  }
  throw unreadable(url, `more than ${maxRedirects} redirects`)
}

interface Fetched {
  text: string
  isJson: boolean
  location?: string
}

function fetchOnce(url: string, signal: AbortSignal, timeoutMs: number): Promise<Fetched> {
  const get = url.startsWith('http://') ? httpGet : httpsGet
  const headers = {
    'User-Agent': 'kubectl-mesh-upgrade',
    Accept: 'application/vnd.github+json, text/*;q=0.9, */*;q=0.8',
  }
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      const why = signal.aborted ? `no answer within ${timeoutMs / 1000} s` : networkReason(error)
      reject(unreadable(url, why))
    }
    const outgoing = get(url, { headers, signal }, (answer) => {
      const status = answer.statusCode ?? 0
      const { location } = answer.headers
      if (status >= 300 && status < 400 && location !== undefined) {
        answer.resume()
        resolve({ text: '', isJson: false, location })
      } else if (status >= 400) {
        answer.resume()
        fail(new Error(`HTTP ${status}`))
      } else collect(answer).then((text) => resolve({ text, isJson: isJson(answer) }), fail)
    })
    outgoing.on('error', fail)
  })
}

async function collect(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer) {
    bytes += (chunk as Buffer).length
    if (bytes > maxBytes) throw new Error(`it is larger than ${maxBytes / 1024 / 1024} MiB`)
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function isJson(answer: IncomingMessage): boolean {
  return /json/.test(answer.headers['content-type'] ?? '')
}

/** A release of the GitHub API: its notes are the member `body`. */
function githubBody(text: string): string {
  try {
    const body = field(JSON.parse(text), 'body')
    return typeof body === 'string' ? body : text
  } catch {
    return text
  }
}

function networkReason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the host could not be found (no network?)'
  if (code === 'ECONNREFUSED') return 'the connection was refused'
  return messageOf(error)
}

function isUrl(location: string): boolean {
  return /^https?:\/\//.test(location)
}

function attempt<T>(location: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof UpgradeError) throw error
    const code = (error as NodeJS.ErrnoException).code
    throw unreadable(
      location,
      code === 'ENOENT' ? 'there is no such file or folder' : (messageOf(error).split('\n')[0] ?? ''),
    )
  }
}

function unreadable(location: string, why: string): UpgradeError {
  return new UpgradeError('TextUnreadable', `read ${location}: ${why}`, { location })
}
