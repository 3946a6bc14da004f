import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { messageOf, UpgradeError } from '../errors.js'
import type { ChartRepository, ChartVersionEntry } from '../model/chart.js'
import { field } from '../model/kube-object.js'
import { isMapping, type Json } from '../model/values.js'
import type { HelmRunner } from './helm-run.js'
import { helmWords } from './helm-words.js'
import { optionalText } from './json-fields.js'
import type { TempFolder } from './temp-folder.js'
import { parseYaml } from '../kubernetes-yaml.js'

type Mapping = { [key: string]: Json }

/** How a chart repository or registry lets us in: helm's own flags. */
export interface RepositoryLogin {
  username?: string
  password?: string
  caFile?: string
  keyring?: string
  insecureSkipTlsVerify?: boolean
  plainHttp?: boolean
  verify?: boolean
}

/** A repository in a helm configuration of our own. */
export interface PreparedRepository {
  name: string
  /** Points helm to that configuration. */
  env: NodeJS.ProcessEnv
}

const scratchName = 'mesh-upgrade'
const indexTimeoutMs = 180_000

/**
 * Chart repositories, read through configurations of our own: the user's is neither changed nor is its
 * cached index, which may be old, believed.
 */
export class HelmRepositories {
  private readonly prepared = new Map<string, Promise<PreparedRepository>>()

  constructor(
    private readonly helm: HelmRunner,
    private readonly temp: TempFolder,
    private readonly login: RepositoryLogin,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** The user's own entries; none where there is no configuration. Throws `RepositoryUnreadable`. */
  entries(): Mapping[] {
    const file = configurationFile(this.env)
    if (!existsSync(file)) return []
    try {
      const list = field(parseYaml(readFileSync(file, 'utf8')), 'repositories')
      return Array.isArray(list) ? list.filter(isMapping) : []
    } catch (error) {
      throw new UpgradeError(
        'RepositoryUnreadable',
        `read ${file}: ${messageOf(error).split('\n')[0] ?? ''}`,
        { remedy: 'See what helm makes of it: helm repo list' },
        error,
      )
    }
  }

  /** Versions of a chart as the fresh index has them; none for a registry, which cannot be listed. */
  async versions(repository: ChartRepository, chart: string): Promise<ChartVersionEntry[]> {
    if (repository.url.startsWith('oci://')) return []
    const { name, env } = await this.prepare(repository)
    const words = ['search', 'repo', `${name}/${chart}`, '--versions', '--devel', '-o', 'json']
    const { code, stdout, stderr } = await this.helm.run(words, { env })
    if (code !== 0) throw unreadable(repository.url, helmWords(stderr))
    try {
      const found = JSON.parse(stdout) as { name?: string; version?: string; app_version?: string }[]
      // The search also finds names that only begin alike.
      const exact = found.filter((entry) => entry.name === `${name}/${chart}`)
      return exact.map(({ version = '', app_version: appVersion = '' }) => ({ version, appVersion }))
    } catch (error) {
      throw unreadable(repository.url, 'helm search gave no JSON', error)
    }
  }

  /** Fetches the index once into a configuration of our own. Throws `RepositoryUnreadable`. */
  prepare({ name, url }: Pick<ChartRepository, 'name' | 'url'>): Promise<PreparedRepository> {
    const key = `${name ?? ''} ${url}`
    const known = this.prepared.get(key)
    if (known) return known
    const preparing = this.add(url, this.entries().find((entry) => entry.name === name) ?? {})
    this.prepared.set(key, preparing)
    return preparing
  }

  private async add(url: string, entry: Mapping): Promise<PreparedRepository> {
    const folder = this.temp.newFolder('helm')
    const env = {
      HELM_REPOSITORY_CONFIG: join(folder, 'repositories.yaml'),
      HELM_REPOSITORY_CACHE: join(folder, 'repository'),
      HELM_CONTENT_CACHE: join(folder, 'content'),
    }
    const password = this.login.password ?? optionalText(entry, 'password')
    const words = ['repo', 'add', scratchName, url, '--force-update', ...this.loginWords(entry)]
    const stdin = password === undefined ? {} : { input: `${password}\n` }
    if (password !== undefined) words.push('--password-stdin')
    const { code, stderr } = await this.helm.run(words, { env, ...stdin, timeoutMs: indexTimeoutMs })
    if (code !== 0) throw unreadable(url, helmWords(stderr))
    return { name: scratchName, env }
  }

  private loginWords(entry: Mapping): string[] {
    const { login } = this
    const flag = (name: string, value: string | undefined): string[] =>
      value === undefined ? [] : [name, value]
    const insecure = login.insecureSkipTlsVerify === true || entry.insecure_skip_tls_verify === true
    return [
      ...flag('--username', login.username ?? optionalText(entry, 'username')),
      ...flag('--ca-file', login.caFile ?? optionalText(entry, 'caFile')),
      ...flag('--cert-file', optionalText(entry, 'certFile')),
      ...flag('--key-file', optionalText(entry, 'keyFile')),
      ...(insecure ? ['--insecure-skip-tls-verify'] : []),
      ...(entry.pass_credentials_all === true ? ['--pass-credentials'] : []),
    ]
  }
}

function unreadable(url: string, words: string, cause?: unknown): UpgradeError {
  return new UpgradeError(
    'RepositoryUnreadable',
    `read the chart repository ${url}: ${words}`,
    {
      remedy: `Ask it yourself: curl -fsS ${url.replace(/\/$/, '')}/index.yaml; or name another with --repo URL, or a chart folder or archive`,
    },
    cause,
  )
}

/** Where helm keeps its repositories (pkg/helmpath). */
function configurationFile(env: NodeJS.ProcessEnv): string {
  if (env.HELM_REPOSITORY_CONFIG) return env.HELM_REPOSITORY_CONFIG
  if (env.HELM_CONFIG_HOME) return join(env.HELM_CONFIG_HOME, 'repositories.yaml')
  if (env.XDG_CONFIG_HOME) return join(env.XDG_CONFIG_HOME, 'helm', 'repositories.yaml')
  if (process.platform === 'win32') return join(env.APPDATA ?? '', 'helm', 'repositories.yaml')
  const folder = process.platform === 'darwin' ? join('Library', 'Preferences') : '.config'
  return join(homedir(), folder, 'helm', 'repositories.yaml')
}
