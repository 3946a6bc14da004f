import type { ReleaseStatus } from './release.js'
import type { LockState } from './run-lock.js'
import type { RunRecord, RunState } from './run-record.js'

/** The last run of a release, as the cluster and this machine know it. */
export interface LastRun extends RunRecord {
  state: RunState
  /** RFC 3339; only where the run stopped between deleting custom resources and making them again. */
  resourcesAwaySince?: string
}

/** One installed mesh, what is published for it, and its last run. */
export interface MeshStatus {
  mesh: { id: string; title: string }
  release: string
  namespace: string
  releaseRevision: number
  releaseStatus: ReleaseStatus
  chartVersion: string
  appVersion: string
  /** Published stable versions newer than the installed one; undefined where they could not be read. */
  available?: string[]
  recommended?: string
  /** Who works on it, or did when the lock ran out; absent where nobody holds a lock. */
  lock?: LockState
  /** Absent where there never was one. */
  lastRun?: LastRun
  /** Why lock and last run are not known. */
  runUnknown?: string
}
