import type { ReleaseName } from '../model/release.js'
import type { KeptRun } from '../model/run-history.js'

/** What this machine keeps of runs; looked at only, also while one is going on. */
export interface KeptRuns {
  /** Runs of a release, newest first; what cannot be read is told in the run. */
  list(clusterUid: string, release: ReleaseName): Promise<KeptRun[]>
  /** How many there are, and what they take. */
  size(clusterUid: string, release: ReleaseName): Promise<{ runs: number; bytes: number }>
}
