import type { Chart, ChartRepository, ChartSource, ChartVersionEntry } from '../model/chart.js'
import type { HelmUpgradeWords } from '../model/helm-upgrade.js'
import type { Sensitive, Values } from '../model/values.js'

export interface HelmVersion {
  major: 3 | 4
  version: string
  /** The binary as it is called. */
  binary: string
}

export interface RenderRequest {
  releaseName: string
  namespace: string
  chart: Chart
  values: Sensitive<Values>
  kubeVersion: string
  /** `apps/v1`, `apps/v1/Deployment`: everything that the cluster serves. */
  apiVersions: string[]
}

/** helm, asked only for what changes nothing. */
export interface HelmReader {
  /** Throws `HelmUnusable` where no helm is found or its version is not supported. */
  version(): Promise<HelmVersion>
  /** Fetches (into a folder of this process) and loads a chart. Throws `ChartUnreadable`. */
  loadChart(source: ChartSource): Promise<Chart>
  /** Repositories in the user's helm configuration. */
  repositories(): Promise<{ name: string; url: string }[]>
  /** Versions of a chart, prereleases included, newest first as the index has them. Throws `RepositoryUnreadable`. */
  listVersions(repository: ChartRepository, chartName: string): Promise<ChartVersionEntry[]>
  /** Merges `-f`, `--set…` words by helm's own rules. Throws `ValuesInvalid` with helm's own words. */
  mergeValues(valueArguments: readonly string[]): Promise<Sensitive<Values>>
  /** Rendered objects without hooks, multi-document YAML. Throws `RenderFailed` with helm's own words. */
  render(request: RenderRequest): Promise<Sensitive<string>>
}

export interface HelmUpgradeRequest extends HelmUpgradeWords {
  /** Folder in which helm's output is kept. */
  logFolder: string
}

export interface HelmOutcome {
  succeeded: boolean
  exitCode: number | null
  /** Last lines of helm's stderr, redacted. */
  message: string
}

/** helm, asked to change the release. */
export interface HelmWriter {
  /** Runs `helm upgrade`; every line of its output goes to `onLine`; `signal` ends helm with SIGTERM. */
  upgrade(
    request: HelmUpgradeRequest,
    onLine: (line: string) => void,
    signal: AbortSignal,
  ): Promise<HelmOutcome>
}

/** The command line that a person could run instead of `HelmWriter.upgrade`. */
export interface HelmCommandLine {
  /** helm's flags for the cluster that this call names (`--kube-context other`); empty where it names none. */
  clusterFlags(): string[]
  upgradeCommand(request: HelmUpgradeWords): string
}
