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

/** What decides the words of a `helm rollback`. */
export interface HelmRollbackWords {
  releaseName: string
  namespace: string
  toRevision: number
  timeoutMs: number
  /** See `rollbackArguments`. */
  extraArguments: string[]
}

/** Flags of `helm upgrade` that `helm rollback` of both majors knows too, and whether a value may follow as a word of its own. */
const sharedFlags: Record<string, boolean> = {
  ...{ '--no-hooks': false, '--cleanup-on-fail': false, '--wait': false, '--wait-for-jobs': false },
  ...{ '--force': false, '--force-conflicts': false, '--force-replace': false },
  ...{ '--history-max': true, '--burst-limit': true, '--qps': true },
}

/**
 * Of the words that a person gave for `helm upgrade`, those that hold for going back as well. `--server-side`
 * is left out: helm 4 goes back by the method that the revision was written with.
 */
export function rollbackArguments(upgradeArguments: readonly string[]): string[] {
  const kept: string[] = []
  for (let at = 0; at < upgradeArguments.length; at++) {
    const word = upgradeArguments[at] ?? ''
    const takesNext = sharedFlags[word.split('=')[0] ?? '']
    if (takesNext === undefined) continue
    kept.push(word)
    const next = upgradeArguments[at + 1]
    if (takesNext && !word.includes('=') && next !== undefined) {
      kept.push(next)
      at++
    }
  }
  return kept
}
