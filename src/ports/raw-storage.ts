import type { ReleaseName } from '../model/release.js'

/** Helm's storage objects of a release as the server's bytes, for the backup. */
export interface RawStorageReader {
  readStorageObjects(release: ReleaseName): Promise<string[]>
}
