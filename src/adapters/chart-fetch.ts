import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Chart, ChartSource } from '../model/chart.js'
import { chartUnreadable, loadChartAt } from './chart-loader.js'
import type { HelmRepositories, RepositoryLogin } from './helm-repositories.js'
import type { HelmResult, HelmRunner } from './helm-run.js'
import { helmWords } from './helm-words.js'
import type { TempFolder } from './temp-folder.js'

const pullTimeoutMs = 300_000

/** What fetching a chart needs. */
export interface ChartFetcher {
  helm: HelmRunner
  repositories: HelmRepositories
  temp: TempFolder
  login: RepositoryLogin
}

/** Loads a chart from a path, or lets helm pull it into a folder of this process first. Throws `ChartUnreadable`. */
export async function fetchChart(source: ChartSource, fetcher: ChartFetcher): Promise<Chart> {
  if (source.type === 'path') return loadChartAt({ path: source.path, reference: source.path, source })
  const reference = referenceOf(source)
  const { words, env } = await pullOf(source, fetcher)
  const folder = fetcher.temp.newFolder('chart')
  const verify = fetcher.login.verify === true ? ['--verify'] : []
  const keyring = fetcher.login.keyring === undefined ? [] : ['--keyring', fetcher.login.keyring]
  const pull = (pullEnv: NodeJS.ProcessEnv): Promise<HelmResult> =>
    fetcher.helm.run(['pull', ...words, '--destination', folder, ...verify, ...keyring], {
      env: pullEnv,
      timeoutMs: pullTimeoutMs,
    })
  let result = await pull(env)
  // helm reads the index of every repository of the user for a plain URL, and gives up where one has none.
  if (result.code !== 0 && /no cached repo found/.test(result.stderr)) {
    const empty = fetcher.temp.newFolder('helm')
    result = await pull({ ...env, HELM_REPOSITORY_CONFIG: join(empty, 'repositories.yaml') })
  }
  if (result.code !== 0) throw chartUnreadable(reference, helmWords(result.stderr))
  // helm prints other lines besides (`Pulled:`, since 4.2.1 on stdout), so that only the folder tells the name.
  const archive = readdirSync(folder).find((file) => !file.endsWith('.prov'))
  if (archive === undefined) throw chartUnreadable(reference, 'helm pulled nothing')
  return loadChartAt({ path: join(folder, archive), reference, source })
}

function referenceOf(source: Exclude<ChartSource, { type: 'path' }>): string {
  switch (source.type) {
    case 'repository':
      return `${source.chart} --repo ${source.url}`
    case 'named-repository':
      return `${source.repository}/${source.chart}`
    case 'reference':
      return source.reference
  }
}

async function pullOf(
  source: Exclude<ChartSource, { type: 'path' }>,
  { repositories, login }: ChartFetcher,
): Promise<{ words: string[]; env: NodeJS.ProcessEnv }> {
  if (source.type === 'reference') {
    const version = source.version === undefined ? [] : ['--version', source.version]
    return { words: [source.reference, ...version, ...referenceFlags(login)], env: {} }
  }
  const wanted =
    source.type === 'repository' ? { url: source.url } : namedRepository(source.repository, repositories)
  if (wanted.url.startsWith('oci://')) {
    const reference = `${wanted.url.replace(/\/$/, '')}/${source.chart}`
    return { words: [reference, '--version', source.version, ...referenceFlags(login)], env: {} }
  }
  const { name, env } = await repositories.prepare(wanted)
  return { words: [`${name}/${source.chart}`, '--version', source.version], env }
}

function namedRepository(name: string, repositories: HelmRepositories): { name: string; url: string } {
  const entry = repositories.entries().find((each) => each.name === name)
  if (typeof entry?.url === 'string') return { name, url: entry.url }
  throw chartUnreadable(name, `your helm configuration has no repository ${name}`)
}

function referenceFlags(login: RepositoryLogin): string[] {
  const flag = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [name, value]
  return [
    ...flag('--username', login.username),
    ...flag('--password', login.password),
    ...flag('--ca-file', login.caFile),
    ...(login.insecureSkipTlsVerify === true ? ['--insecure-skip-tls-verify'] : []),
    ...(login.plainHttp === true ? ['--plain-http'] : []),
  ]
}
