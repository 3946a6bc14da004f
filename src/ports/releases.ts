import type { ReleaseName, ReleaseSnapshot } from '../model/release.js'

/** Reads releases from helm's storage (Secrets or ConfigMaps), without helm. */
export interface ReleaseReader {
  /** The newest revision, decoded, with its history; undefined where no such release is stored. Throws `ReleaseUndecodable`. */
  readRelease(name: ReleaseName): Promise<ReleaseSnapshot | undefined>
  /** The newest revision as helm stored it, also where it failed: what the cluster was last told to run. */
  readNewestRevision(name: ReleaseName): Promise<ReleaseSnapshot | undefined>
  /** Namespaces that store a release of this name. */
  findRelease(name: string): Promise<ReleaseName[]>
}
