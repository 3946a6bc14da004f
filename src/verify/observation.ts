import type { MeshExpectation } from '../meshes/mesh.js'
import type { LiveCrd } from '../model/crd.js'
import type { ReleaseHook, ReleaseSnapshot } from '../model/release.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { ObjectState, ObjectStatus, OldPod, WorkloadStatus } from '../model/rollout.js'

/** What became of the custom resources of one kind. */
export interface KindComparison {
  crd: string
  before: number
  after: number
  /** `namespace/name` of objects of before that are not there. */
  missing: string[]
  /** Objects that were deleted and made again: same name, another uid. */
  recreated: string[]
  /** How many were deleted and made again as planned. */
  remade?: number
  /** Objects whose content differs, with the fields. */
  changed: { object: string; fields: string[] }[]
  /** Objects that only show what the new schema's defaults fill in, in place of nothing or of the old default. */
  defaulted: { object: string; fields: string[] }[]
  /** Objects that lost only fields which left the schema: the server leaves them out on every read. */
  pruned: { object: string; fields: string[] }[]
  /** Why the kind could not be compared. */
  unreadable?: string
}

/** A hook of the newest revision, and how it ended. */
export interface HookState extends ObjectStatus {
  hook: ReleaseHook
}

/** Something that the mesh needs, and how it is. */
export interface MeshState extends ObjectStatus {
  expectation: MeshExpectation
}

/** Facts read after the change; the checks judge them. */
export interface Observation {
  release?: ReleaseSnapshot
  /** True where the run is not about helm's record: that it says `failed` is then a warning. */
  mayHaveFailed?: boolean
  /** Undefined for a check without a run: then any deployed revision is right. */
  expectedRevision?: number
  /** Undefined for a check without a run: then any deployed version is right. */
  expectedChartVersion?: string
  /** Every object of the release's manifest; undefined where the manifest is not known. */
  objects?: ObjectState[]
  /** What of the manifest could not be read, one line each. */
  manifestProblems: string[]
  workloads: WorkloadStatus[]
  /** Undefined where pods or what they belong to could not be read. */
  oldPods?: OldPod[]
  hooks: HookState[]
  crds: LiveCrd[]
  /** CRDs as they were before the run; undefined where there was none. */
  crdsBefore?: LiveCrd[]
  /** CRDs that the plan deleted and made again, with their objects. */
  remade?: readonly string[]
  /** `group/version/Kind` of all that discovery lists; undefined where it could not be read. */
  served?: ReadonlySet<string>
  mesh: MeshState[]
  /** Objects that left the chart and were to stay, and those of them that are gone. */
  kept: { objects: ObjectRef[]; gone: ObjectRef[] }
  /** CRDs that must be there. */
  expectedCrds: string[]
  /** Undefined where there is no backup to compare with. */
  customResources?: KindComparison[]
  unreadable: Unreadable[]
  namespace: ObjectRef
}

/** What could not be read, and why in the server's own words: they name the permission or the object. */
export interface Unreadable {
  what: 'release' | 'discovery' | 'pods' | 'CRDs' | 'kept objects'
  why: string
}

/** Why a part could not be read; empty where it could. */
export function whyUnreadable({ unreadable }: Observation, ...parts: Unreadable['what'][]): string {
  return unreadable
    .filter(({ what }) => parts.includes(what))
    .map(({ what, why }) => `${what}: ${why}`)
    .join('; ')
}
