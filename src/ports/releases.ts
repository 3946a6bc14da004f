import type { CrdManifest } from '../model/chart.js'
import type { ReleaseName, ReleaseRecord, ReleaseSnapshot } from '../model/release.js'

/** Reads releases from helm's storage (Secrets or ConfigMaps), without helm. */
export interface ReleaseReader {
  /** The newest revision, decoded, with its history; undefined where no such release is stored. Throws `ReleaseUndecodable`. */
  readRelease(name: ReleaseName): Promise<ReleaseSnapshot | undefined>
  /** The newest revision as helm stored it, also where it failed: what the cluster was last told to run. */
  readNewestRevision(name: ReleaseName): Promise<ReleaseSnapshot | undefined>
  /** CRDs in `crds/` of the chart that the newest revision stores; empty where it carries none. Throws `ReleaseUndecodable`. */
  readStoredCrds(name: ReleaseName): Promise<CrdManifest[]>
  /** Who wrote the newest revision's storage object, and when; nothing is decoded. */
  readNewestRecord(name: ReleaseName): Promise<ReleaseRecord | undefined>
  /** Namespaces that store a release of this name. */
  findRelease(name: string): Promise<ReleaseName[]>
}

/** `not-pending`: helm recorded an end meanwhile, or it was mended before. */
export type MendResult = 'mended' | 'not-pending'

/** Changes helm's storage of a release; whoever asks has backed up its objects (`RawStorageReader`). */
export interface ReleaseStorageWriter {
  /**
   * Marks a pending revision as failed, as helm does with one that is interrupted, so that upgrade and rollback
   * work again and the history stays true. Throws `PlanStale` where the object is not the one of this uid or is
   * changed meanwhile.
   */
  mendPending(release: ReleaseName, revision: number, uid: string): Promise<MendResult>
}
