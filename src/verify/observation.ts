import type { LiveCrd } from '../model/crd.js'
import type { ReleaseSnapshot } from '../model/release.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { WorkloadStatus } from '../model/rollout.js'

/** What became of the custom resources of one kind. */
export interface KindComparison {
  crd: string
  before: number
  after: number
  /** `namespace/name` of objects of before that are not there. */
  missing: string[]
  /** Objects that were deleted and made again: same name, another uid. */
  recreated: string[]
  /** Objects whose content differs, with the fields. */
  changed: { object: string; fields: string[] }[]
  /** Objects that only show what the new schema's defaults fill in, in place of nothing or of the old default. */
  defaulted: { object: string; fields: string[] }[]
  /** Objects that lost only fields which left the schema: the server leaves them out on every read. */
  pruned: { object: string; fields: string[] }[]
  /** Why the kind could not be compared. */
  unreadable?: string
}

/** Facts read after the change; the checks judge them. */
export interface Observation {
  release?: ReleaseSnapshot
  /** Undefined for a check without a run: then any deployed version is right. */
  expectedChartVersion?: string
  workloads: WorkloadStatus[]
  crds: LiveCrd[]
  /** CRDs as they were before the run; undefined where there was none. */
  crdsBefore?: LiveCrd[]
  /** Objects that left the chart and were to stay, and those of them that are gone. */
  kept: { objects: ObjectRef[]; gone: ObjectRef[] }
  /** CRDs that must be there. */
  expectedCrds: string[]
  /** Undefined where there is no backup to compare with. */
  customResources?: KindComparison[]
  /** What could not be read, one line each. */
  unreadable: string[]
  namespace: ObjectRef
}
