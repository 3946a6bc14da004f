import type { ReleaseName } from '../model/release.js'
import type { RunLocation } from '../model/outcome.js'
import type { CustomResourceKind, CustomResourceSummary, LiveCrd, RawObject } from '../model/crd.js'
import type { JournalEntry, JournalLine } from '../model/journal.js'
import type { UpgradePlan } from '../model/plan.js'
import type { PlanPayload } from '../model/prepared.js'
import type { RollbackPlan } from '../model/rollback-plan.js'
import type { RunWishes, UpgradeRequest } from '../model/upgrade-request.js'
import type { Sensitive, Values } from '../model/values.js'

/** What a run keeps of one hop. Every write is on disk (fsync) when the promise resolves. */
export interface HopStore {
  readonly folder: string
  readonly backupFolder: string
  /** Keeps what the hop needs, values and the chart's files included; the result names the copy of the chart. */
  writeInputs(payload: PlanPayload): Promise<PlanPayload>
  /** What `writeInputs` gave. Throws `RunUnreadable`. */
  readInputs(): Promise<PlanPayload>
  /** Writes the values that helm is given; returns the file. */
  writeValues(values: Sensitive<Values>): Promise<string>
  /** Keeps helm's storage objects as they were before they were mended; returns the file. */
  keepStorageObjects(name: string, storageObjects: string[]): Promise<string>
  /** Begins a backup: what an interrupted one left goes. */
  beginBackup(): Promise<void>
  backupRelease(storageObjects: string[]): Promise<void>
  backupValues(userSuppliedValues: Sensitive<Values>): Promise<void>
  backupCrds(crds: LiveCrd[]): Promise<void>
  /** Objects that a step is to change for helm's sake, as the server's bytes. */
  backupObjects(objects: string[]): Promise<void>
  /** Appends one page of custom resources. */
  backupCustomResources(kind: CustomResourceKind, page: RawObject[]): Promise<void>
  /** Writes the index with SHA-256 of every file, reads every file again and compares. Throws `BackupDamaged`. */
  sealBackup(): Promise<BackupIndex>
  /** The index of a sealed backup, every file read and compared with it. Throws `BackupDamaged`. */
  openBackup(): Promise<BackupIndex>
  /** CRDs of the backup. */
  readBackupCrds(): Promise<LiveCrd[]>
  /** What `backupObjects` was given. */
  readBackupObjects(): Promise<string[]>
  /** What the backup holds of a kind, without bodies. */
  readBackupSummaries(kind: CustomResourceKind): Promise<CustomResourceSummary[]>
  /** The bytes of one object in the backup; undefined where it is not there. */
  readBackupObject(kind: CustomResourceKind, uid: string): Promise<string | undefined>
}

/** A run's folder on disk (design §4). */
export interface RunStore {
  readonly location: RunLocation
  writePlan(plan: UpgradePlan, request: UpgradeRequest): Promise<void>
  /** Throws `RunUnreadable`. */
  readPlan(): Promise<{ plan: UpgradePlan; request: UpgradeRequest }>
  writeRollbackPlan(plan: RollbackPlan): Promise<void>
  /** Undefined where no rollback was begun. Throws `RunUnreadable`. */
  readRollbackPlan(): Promise<RollbackPlan | undefined>
  /** Keeps what a rollback was asked to do besides, for its resume. */
  writeRollbackWishes(wishes: RunWishes): Promise<void>
  /** Empty where there is nothing. Throws `RunUnreadable`. */
  readRollbackWishes(): Promise<RunWishes>
  appendJournal(line: JournalLine): Promise<void>
  /** Every entry so far; half a last line is cut off. Throws `JournalDamaged`. */
  readJournal(): Promise<JournalEntry[]>
  /** `number` counts from 1. */
  hop(number: number): HopStore
  /**
   * The files that another machine needs of a hop, compressed, as base64 of at most `longestBytes` bytes;
   * what had to be left out for that is named.
   */
  packHop(number: number, longestBytes: number): Promise<{ packed: string; leftOut: string[] }>
}

export interface BackupIndex {
  files: { file: string; sha256: string; bytes: number; objects: number }[]
}

export interface RunStores {
  /** Makes the folder of a new run. Throws `RunFolderUnwritable`. */
  open(clusterUid: string, release: ReleaseName, runId: string): Promise<RunStore>
  /** Ids of the runs that this machine keeps of a release, oldest first. */
  list(clusterUid: string, release: ReleaseName): Promise<string[]>
  /** A run that this machine keeps; undefined where it keeps none by that id. */
  find(clusterUid: string, release: ReleaseName, runId: string): Promise<RunStore | undefined>
  /** Makes the folder of a run of another machine from what `packHop` gave. Throws `RunUnreadable`. */
  unpack(
    run: { uid: string; release: ReleaseName; runId: string },
    packed: readonly string[],
  ): Promise<RunStore>
  /** A backup in a folder; for a run's folder of backups that of its first hop, which is of before the run. */
  backupAt(folder: string): Promise<HopStore>
  /** The same for one that is to be written. Throws `RunFolderUnwritable` where the folder holds something. */
  newBackup(folder: string): Promise<HopStore>
  /** Deletes a run's folder. */
  remove(clusterUid: string, release: ReleaseName, runId: string): Promise<void>
}
