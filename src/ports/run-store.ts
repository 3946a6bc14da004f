import type { ReleaseName } from '../model/release.js'
import type { RunLocation } from '../model/outcome.js'
import type { CustomResourceKind, CustomResourceSummary, LiveCrd, RawObject } from '../model/crd.js'
import type { JournalEntry } from '../model/journal.js'
import type { UpgradePlan } from '../model/plan.js'
import type { Sensitive, Values } from '../model/values.js'

/** A run's folder on disk (design §4). Every write is on disk (fsync) when the promise resolves. */
export interface RunStore {
  readonly location: RunLocation
  writePlan(plan: UpgradePlan): Promise<void>
  appendJournal(entry: JournalEntry): Promise<void>
  /** Writes the values that helm is given; returns the file. */
  writeValues(values: Sensitive<Values>): Promise<string>
  backupRelease(storageObjects: string[]): Promise<void>
  backupValues(userSuppliedValues: Sensitive<Values>): Promise<void>
  backupCrds(crds: LiveCrd[]): Promise<void>
  /** Appends one page of custom resources. */
  backupCustomResources(kind: CustomResourceKind, page: RawObject[]): Promise<void>
  /** Writes the index with SHA-256 of every file, reads every file again and compares. Throws `BackupDamaged`. */
  sealBackup(): Promise<BackupIndex>
  /** What the backup holds of a kind, without bodies. */
  readBackupSummaries(kind: CustomResourceKind): Promise<CustomResourceSummary[]>
  /** The bytes of one object in the backup; undefined where it is not there. */
  readBackupObject(kind: CustomResourceKind, uid: string): Promise<string | undefined>
}

export interface BackupIndex {
  files: { file: string; sha256: string; bytes: number; objects: number }[]
}

export interface RunStores {
  /** Makes the folder of a new run. Throws `RunFolderUnwritable`. */
  open(clusterUid: string, release: ReleaseName, runId: string): Promise<RunStore>
}
