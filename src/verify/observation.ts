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
  /** Objects that only gained what the new schema's defaults fill in. */
  defaulted: { object: string; fields: string[] }[]
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
  /** CRDs that must be there. */
  expectedCrds: string[]
  /** Undefined where there is no backup to compare with. */
  customResources?: KindComparison[]
  /** What could not be read, one line each. */
  unreadable: string[]
  namespace: ObjectRef
}
