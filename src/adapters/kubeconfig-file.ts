import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path'
import { messageOf, UpgradeError } from '../errors.js'
import { isMapping, type Json } from '../model/values.js'
import { parseYaml } from '../kubernetes-yaml.js'
import { fileReason } from './file-reason.js'

type Mapping = { [key: string]: Json }

/** Kubeconfig files merged by kubectl's rules; paths are absolute. */
export interface MergedKubeconfig {
  /** Files that were read. */
  files: string[]
  /** Files that were looked for. */
  searched: string[]
  currentContext?: string
  clusters: Map<string, Mapping>
  users: Map<string, Mapping>
  contexts: Map<string, Mapping>
}

/**
 * Reads `--kubeconfig`, else all files of KUBECONFIG, else `~/.kube/config`.
 * The first file that sets a name or the current context wins; files that are missing are passed over,
 * one that is named by `--kubeconfig` must be there (client-go's ClientConfigLoadingRules).
 * Throws `KubeconfigUnreadable`.
 */
export function readKubeconfigFiles(
  explicit: string | undefined,
  env: Record<string, string | undefined>,
): MergedKubeconfig {
  const searched = explicit === undefined ? defaultFiles(env) : [explicit]
  const merged: MergedKubeconfig = {
    files: [],
    searched,
    clusters: new Map(),
    users: new Map(),
    contexts: new Map(),
  }
  for (const file of searched) {
    const text = readOne(file, explicit !== undefined)
    if (text === undefined) continue
    merged.files.push(file)
    mergeFile(merged, parseFile(file, text), file)
  }
  return merged
}

function defaultFiles(env: Record<string, string | undefined>): string[] {
  const named = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '')
  return named.length > 0 ? [...new Set(named)] : [join(homedir(), '.kube', 'config')]
}

function readOne(file: string, mustExist: boolean): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !mustExist) return undefined
    throw unreadable(file, fileReason(error), error)
  }
}

function parseFile(file: string, text: string): Mapping {
  let content: unknown
  try {
    content = parseYaml(text)
  } catch (error) {
    const [line = ''] = messageOf(error).split('\n')
    throw unreadable(file, `it is no YAML: ${line.replace(/:$/, '')}`, error)
  }
  if (content === undefined) return {}
  if (!isMapping(content)) throw unreadable(file, 'it is no kubeconfig')
  return content
}

function mergeFile(merged: MergedKubeconfig, content: Mapping, file: string): void {
  const folder = dirname(resolve(file))
  const current = content['current-context']
  if (merged.currentContext === undefined && typeof current === 'string' && current !== '') {
    merged.currentContext = current
  }
  const sections = [
    [merged.clusters, content.clusters, 'cluster', ['certificate-authority']],
    [merged.users, content.users, 'user', ['client-certificate', 'client-key', 'tokenFile']],
    [merged.contexts, content.contexts, 'context', []],
  ] as const
  for (const [target, list, key, paths] of sections) {
    for (const entry of Array.isArray(list) ? list : []) {
      if (!isMapping(entry) || typeof entry.name !== 'string') throw unreadable(file, `a ${key} has no name`)
      const body = isMapping(entry[key]) ? entry[key] : {}
      if (!target.has(entry.name)) target.set(entry.name, withAbsolutePaths(body, folder, paths))
    }
  }
}

function withAbsolutePaths(body: Mapping, folder: string, keys: readonly string[]): Mapping {
  const copy = { ...body }
  for (const key of keys) {
    const path = copy[key]
    if (typeof path === 'string' && path !== '' && !isAbsolute(path)) copy[key] = join(folder, path)
  }
  const { exec } = copy
  // A command with a slash is relative to the file, a bare one is looked for on PATH.
  if (isMapping(exec) && typeof exec.command === 'string' && /[/\\]/.test(exec.command)) {
    copy.exec = { ...exec, command: resolve(folder, exec.command) }
  }
  return copy
}

function unreadable(file: string, why: string, cause?: unknown): UpgradeError {
  return new UpgradeError('KubeconfigUnreadable', `read kubeconfig ${file}: ${why}`, { file }, cause)
}
