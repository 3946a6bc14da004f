import { UpgradeError } from '../errors.js'
import type { MeshProfile } from '../meshes/mesh.js'
import { versionsBetween } from '../meshes/hop-path.js'
import { compareVersions, resolveVersion } from '../meshes/version-order.js'
import { parseVersion, plainVersion } from '../model/version.js'
import type { Chart, ChartRepository, ChartSource } from '../model/chart.js'
import type { ReleaseSnapshot } from '../model/release.js'
import type { UpgradeRequest } from '../model/upgrade-request.js'
import type { ReadPorts } from '../ports/ports.js'

export interface Target {
  chart: Chart
  /** Charts to go through first, where the mesh supports no jump that far. */
  via: Chart[]
  /** Why this version, for the person reading the plan. */
  reason: string
  /** Published stable versions; empty where they are not known. */
  available: string[]
}

type Wish = Pick<UpgradeRequest, 'chart' | 'repo' | 'to' | 'devel'> & {
  /** CHART, where `loadNamedPath` loads it already. */
  named?: Promise<Chart> | undefined
}

/**
 * Loads CHART where it can be nothing but a path, before the release is known that it is for; what is wrong
 * with it is told when it is asked for.
 */
export function loadNamedPath(
  { chart, repo }: Pick<UpgradeRequest, 'chart' | 'repo'>,
  { helm }: Pick<ReadPorts, 'helm'>,
): Promise<Chart> | undefined {
  if (chart === undefined || repo !== undefined || !/^[./]/.test(chart)) return undefined
  const loading = helm.loadChart({ type: 'path', path: chart })
  loading.catch(() => undefined)
  return loading
}

/**
 * Chooses and loads the target chart: CHART as helm takes it, or the mesh's own repository.
 * Throws `ChartUnknown`, `VersionUnknown`, `RepositoryUnreadable`, `ChartUnreadable`.
 */
export async function chooseTarget(
  wish: Wish,
  release: ReleaseSnapshot,
  profile: MeshProfile,
  ports: ReadPorts,
): Promise<Target> {
  const located = await locate(wish, release, profile, ports)
  if ('source' in located) return fromSource(located.source, wish, ports)
  const { repository, chart } = located
  const versions = (await ports.helm.listVersions(repository, chart)).map(({ version }) => version)
  // A registry cannot be listed.
  if (versions.length === 0 && !repository.url.startsWith('oci://')) throw chartAbsent(repository, chart)
  const stable = versions.filter((version) => wish.devel || parseVersion(version)?.prerelease === '')
  const { version, reason } = chooseVersion({ wish, release, profile, versions, stable, repository })
  const sourceOf = (wanted: string): ChartSource =>
    repository.name === undefined
      ? { type: 'repository', url: repository.url, chart, version: wanted }
      : { type: 'named-repository', repository: repository.name, chart, version: wanted }
  const between = versionsBetween(profile, release.chartVersion, version, stable)
  const [loaded, ...via] = await Promise.all(
    [version, ...between].map((wanted) => ports.helm.loadChart(sourceOf(wanted))),
  )
  return { chart: loaded as Chart, via, reason, available: stable }
}

/** Published stable versions of a mesh's own repository, for `status`. */
export async function publishedVersions(
  release: ReleaseSnapshot,
  profile: MeshProfile,
  ports: ReadPorts,
): Promise<string[]> {
  const located = await locate({ devel: false }, release, profile, ports)
  if ('source' in located) return []
  const entries = await ports.helm.listVersions(located.repository, located.chart)
  return entries.map(({ version }) => version).filter((version) => parseVersion(version)?.prerelease === '')
}

type Located = { source: ChartSource } | { repository: ChartRepository; chart: string }

async function locate(
  wish: Wish,
  release: ReleaseSnapshot,
  profile: MeshProfile,
  ports: ReadPorts,
): Promise<Located> {
  const { chart, repo } = wish
  if (repo !== undefined) {
    return { repository: { url: repo, why: 'named with --repo' }, chart: chart ?? release.chartName }
  }
  if (chart === undefined) return ownRepository(release, profile, ports)
  if (/^(oci|https?):\/\//.test(chart)) {
    return {
      source: { type: 'reference', reference: chart, ...(wish.to === undefined ? {} : { version: wish.to }) },
    }
  }
  const named = /^([^./\\][^/\\]*)\/([^/\\]+)$/.exec(chart)
  if (named && !/\.(tgz|tar\.gz)$/.test(chart)) {
    const repositories = await ports.helm.repositories()
    const known = repositories.find(({ name }) => name === named[1])
    if (known) return { repository: { ...known, why: 'named by you' }, chart: named[2] ?? '' }
  }
  return { source: { type: 'path', path: chart } }
}

/** The user's own helm repository for this mesh (a mirror counts), else the one the project publishes. */
async function ownRepository(
  release: ReleaseSnapshot,
  profile: MeshProfile,
  ports: ReadPorts,
): Promise<Located> {
  const published = profile.repository
  if (!published) {
    throw new UpgradeError(
      'ChartUnknown',
      `chart ${release.chartName} has no repository that this tool knows`,
      {
        release: release.name,
        namespace: release.namespace,
      },
    )
  }
  const repositories = await ports.helm.repositories()
  const sameUrl = (url: string): boolean => url.replace(/\/$/, '') === published.url
  const own = repositories.find(({ name, url }) => sameUrl(url) || name === profile.id)
  const repository: ChartRepository = own
    ? { ...own, why: `helm repository ${own.name} of your configuration` }
    : { url: published.url, why: `where ${profile.title} is published` }
  return { repository, chart: published.chart }
}

async function fromSource(source: ChartSource, wish: Wish, ports: ReadPorts): Promise<Target> {
  const chart = await (wish.named ?? ports.helm.loadChart(source))
  if (wish.to !== undefined && resolveVersion(wish.to, [chart.version], true) === undefined) {
    throw new UpgradeError(
      'VersionUnknown',
      `${chart.reference} is version ${chart.version}, not ${wish.to}`,
      {
        versions: chart.version,
      },
    )
  }
  return { chart, via: [], reason: 'the chart that you named', available: [] }
}

interface VersionChoice {
  wish: Wish
  release: ReleaseSnapshot
  profile: MeshProfile
  versions: readonly string[]
  stable: readonly string[]
  repository: ChartRepository
}

function chooseVersion(choice: VersionChoice): { version: string; reason: string } {
  const { wish, release, profile, versions, stable, repository } = choice
  const at = `${repository.url} (${repository.why})`
  if (wish.to !== undefined) {
    const version = resolveVersion(wish.to, versions, wish.devel)
    if (version !== undefined) return { version, reason: `asked for with --to ${wish.to}, from ${at}` }
    throw unknownVersion(`no version of ${release.chartName} at ${repository.url} fits ${wish.to}`, versions)
  }
  const recommended = profile.recommendTarget(release.chartVersion, stable)
  if (recommended) return { version: recommended.version, reason: `${recommended.reason}; from ${at}` }
  const same = resolveVersion(plainVersion(release.chartVersion), versions, true)
  if (same !== undefined) return { version: same, reason: `the newest version already; from ${at}` }
  throw unknownVersion(
    `${repository.url} publishes neither version ${release.chartVersion} nor a newer one`,
    versions,
  )
}

function chartAbsent({ name, url }: ChartRepository, chart: string): UpgradeError {
  const reference = name === undefined ? chart : `${name}/${chart}`
  const list =
    name === undefined ? `curl -fsS ${url.replace(/\/$/, '')}/index.yaml` : `helm search repo ${name}/`
  const message = `read chart ${reference}: the repository ${url} has no chart ${chart}`
  return new UpgradeError('ChartUnreadable', message, { remedy: `See what it has: ${list}` })
}

function unknownVersion(message: string, versions: readonly string[]): UpgradeError {
  const newest = [...versions].sort(compareVersions).reverse().slice(0, 12)
  return new UpgradeError('VersionUnknown', message, { versions: newest.join(', ') || 'none' })
}
