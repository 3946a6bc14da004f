import type { Chart, ChartRepository, ChartSource, ChartVersionEntry } from '../model/chart.js'
import type { HelmRollbackWords, HelmUpgradeWords } from '../model/helm-upgrade.js'
import type { LingeringHelm } from '../model/lingering-helm.js'
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
  /** Hooks are rendered as well. */
  withHooks?: boolean
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

/** What a helm that changes the release is given besides its words. */
export interface HelmChangeOptions {
  /** Folder in which helm's output is kept, and by which a helm that outlives us is found: one for each run. */
  logFolder: string
  /**
   * After this long helm is ended (SIGTERM), since it hangs. Its own `--timeout` holds for each hook and each
   * wait, so that the default is three times that and a minute.
   */
  endAfterMs?: number
}

export type HelmUpgradeRequest = HelmUpgradeWords & HelmChangeOptions
export type HelmRollbackRequest = HelmRollbackWords & HelmChangeOptions

export interface HelmOutcome {
  succeeded: boolean
  exitCode: number | null
  /** Last lines of helm's stderr, redacted; before them how it ended, where that was not by itself. */
  message: string
  /**
   * `terminated`: by our SIGTERM. `killed`: by a signal of somebody else; the release may be left pending.
   * `running`: SIGTERM did not end it, and it still runs; see `HelmWriter.lingering`.
   */
  ending: 'exited' | 'terminated' | 'killed' | 'running'
}

/** How the wait for a lingering helm ended; `not-ended`: it ignores SIGTERM, or we cannot look where it runs. */
export type SettledHelm = 'ended' | 'terminated' | 'not-ended'

/** helm, asked to change the release. */
export interface HelmWriter {
  /** Runs `helm upgrade`; every line of its output goes to `onLine`; `signal` ends helm with SIGTERM. */
  upgrade(
    request: HelmUpgradeRequest,
    onLine: (line: string) => void,
    signal: AbortSignal,
  ): Promise<HelmOutcome>
  /** Runs `helm rollback` in the same way; a pending release is no hindrance to it. */
  rollback(
    request: HelmRollbackRequest,
    onLine: (line: string) => void,
    signal: AbortSignal,
  ): Promise<HelmOutcome>
  /** The helm that a run with this folder started and whose end it did not see; undefined where there is none. */
  lingering(logFolder: string): Promise<LingeringHelm | undefined>
  /** True where a helm of this folder was started and is known to have ended. */
  hasEnded(logFolder: string): Promise<boolean>
  /**
   * Waits until a lingering helm has ended, telling its output; after `waitMs`, or when `signal` is aborted,
   * ends it with SIGTERM. From then on `lingering` knows no helm any more, unless the answer is `not-ended`.
   */
  settle(
    helm: LingeringHelm,
    options: { waitMs: number },
    onLine: (line: string) => void,
    signal: AbortSignal,
  ): Promise<SettledHelm>
}

/** The command line that a person could run instead of `HelmWriter`. */
export interface HelmCommandLine {
  /** helm's flags for the cluster that this call names (`--kube-context other`); empty where it names none. */
  clusterFlags(): string[]
  upgradeCommand(request: HelmUpgradeWords): string
  rollbackCommand(request: HelmRollbackWords): string
}
