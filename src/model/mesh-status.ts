import type { ReleaseStatus } from './release.js'

/** One installed mesh and what is published for it. */
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
}
