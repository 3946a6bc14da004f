import type { HookSettings } from './hooks.js'
import type { ValuesMode } from './plan.js'

/** What the user asked for, flags already parsed; the same for `upgrade`, `plan` and `upgrade-check`. */
export interface UpgradeRequest {
  executor: 'mesh-upgrade' | 'helm'
  releaseName?: string
  /** Undefined: search. */
  namespace?: string
  /** CHART as helm takes it: folder, archive, `repo/name`, `oci://…`, URL, or a bare name with `repo`. */
  chart?: string
  repo?: string
  to?: string
  devel: boolean
  /** `-f`, `--set…` of this call, word by word as helm takes them; merged by helm itself. */
  valueArguments: string[]
  valuesMode: ValuesMode
  images: ImagesMode
  crds: 'in-place' | 'recreate' | 'skip'
  /** Folder, file or URL with the CRDs of the target, for charts that carry none. */
  crdsFrom?: string
  releaseNotes?: string
  timeoutMs: number
  /** What becomes of a run that failed after its first change. */
  onFailure: 'ask' | 'stop' | 'rollback'
  /** Longest time for helm and each wait on the way back; as `timeoutMs` where it is left out. */
  rollbackTimeoutMs?: number
  /** Permissions are needed to run what is planned, or only worth knowing. */
  permissions: 'to-run' | 'to-know'
  /** What else helm is given, word by word (`--no-hooks`, `--description …`, words after `--`). */
  helmArguments: string[]
  /** Ids of what this call consents to with `--accept`. */
  accepted?: string[]
  /** Commands of the user that run before and after parts of the work. */
  hooks?: HookSettings
  /** URLs and files that are told how the run ended. */
  notify?: string[]
  /** How many revisions helm keeps, where that is said; 0 for all. */
  historyMax?: number
}

/** What a run does besides its work. */
export type RunWishes = Pick<UpgradeRequest, 'hooks' | 'notify'>

export type ImagesMode = 'keep' | 'chart' | 'as-is'
