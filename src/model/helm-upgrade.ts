/** What decides the words of a `helm upgrade`. */
export interface HelmUpgradeWords {
  releaseName: string
  namespace: string
  /** Folder or archive, or the name that a person knows the chart by. */
  chartPath: string
  chartVersion: string
  /** File with the whole of the values; helm is told `--reset-values`. */
  valuesFile: string
  timeoutMs: number
  extraArguments: string[]
}
