import type { Chart } from '../model/chart.js'
import type { HelmUpgradeWords } from '../model/helm-upgrade.js'
import { shellQuote } from '../model/shell-words.js'
import type { ReleaseSnapshot } from '../model/release.js'
import type { UpgradeRequest } from '../model/upgrade-request.js'

/** What a person would type instead of our steps, as far as the chart decides it. */
export interface CommandsByHand {
  /** The helm upgrade, after the command that writes its values file. */
  upgrade: string[]
  /** What `kubectl apply -f` is given for the CRDs. */
  crdLocation: string
  /** What brings the CRDs there, where they are not yet on this machine. */
  fetchCrds: string[]
}

/** The helm upgrade in the words that a person knows the chart by. */
export function upgradeByHand(
  request: UpgradeRequest,
  release: ReleaseSnapshot,
  chart: Chart,
): HelmUpgradeWords {
  return {
    releaseName: release.name,
    namespace: release.namespace,
    chartPath: chart.reference,
    chartVersion: chart.version,
    valuesFile: 'values.yaml',
    timeoutMs: request.timeoutMs,
    extraArguments: request.helmArguments,
  }
}

/** The commands of a plan; `{program}` stands for the name that the user typed. */
export function commandsByHand(
  request: UpgradeRequest,
  release: ReleaseSnapshot,
  chart: Chart,
  helmUpgrade: string,
): CommandsByHand {
  const values = `{program} values ${sameAgain(request, release, chart)} --write values.yaml`
  return {
    upgrade: request.executor === 'helm' ? [helmUpgrade] : [values, helmUpgrade],
    ...crdFiles(request, chart),
  }
}

/** The same commands with secrets hidden: what is shown must not hold what was typed after `--set`. */
export function redactCommands(commands: CommandsByHand, redact: (text: string) => string): CommandsByHand {
  const { upgrade, fetchCrds, crdLocation } = commands
  return { upgrade: upgrade.map(redact), fetchCrds: fetchCrds.map(redact), crdLocation: redact(crdLocation) }
}

/** The words of this call as they would be typed again, with what was found filled in. */
export function sameAgain(
  request: UpgradeRequest,
  { name, namespace }: ReleaseSnapshot,
  chart: Chart,
): string {
  const option = (flag: string, value: string | undefined): string[] =>
    value === undefined ? [] : [flag, value]
  return shellQuote([
    ...[name, ...(request.chart === undefined ? [] : [request.chart])],
    ...['-n', namespace, '--to', chart.version],
    ...option('--repo', request.repo),
    ...request.valueArguments,
    ...(request.valuesMode === 'carry' || request.valuesMode === 'helm-default'
      ? []
      : [`--${request.valuesMode}-values`]),
    ...(request.images === 'keep' ? [] : ['--images', request.images]),
    ...(request.crds === 'recreate' ? ['--crds', 'recreate'] : []),
  ])
}

function crdFiles(
  { crdsFrom }: UpgradeRequest,
  { source, reference, version, name }: Chart,
): Pick<CommandsByHand, 'crdLocation' | 'fetchCrds'> {
  if (crdsFrom !== undefined) return { crdLocation: crdsFrom, fetchCrds: [] }
  const unpacked = `${name}/crds/`
  if (source.type !== 'path') {
    return { crdLocation: unpacked, fetchCrds: [`helm pull ${reference} --version ${version} --untar`] }
  }
  const isArchive = /\.(tgz|tar\.gz)$/.test(source.path)
  return isArchive
    ? { crdLocation: unpacked, fetchCrds: [`tar -xzf ${source.path}`] }
    : { crdLocation: `${source.path.replace(/\/$/, '')}/crds/`, fetchCrds: [] }
}
