import type { CrdOwner } from '../model/crd.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { Afterwards } from '../model/plan.js'
import type { Json, Values } from '../model/values.js'

/** A key of the mesh's values that moved or went away with a chart version. */
export interface ValueMigration {
  /** First chart version that has the change. */
  at: string
  from: string
  /** Absent: the key is gone and nothing replaces it. */
  to?: string
  /** What a person can do where `to` is absent: `set it in the MeshConfig: spec.…`. */
  hint?: string
}

/** Where the values of one chart version keep images and identity; dotted paths. */
export interface ValuePaths {
  registry: string
  tag: string
  /** Other image keys whose old default must not be carried over. */
  images: string[]
  /** May never change in an upgrade. */
  identity: string[]
}

/** Who brings the CRDs of a mesh up to date, from one chart version on. */
export interface CrdOwnership {
  /** First chart version of which this holds. */
  since: string
  owner: CrdOwner
  /** Who does it, in words that a person finds in the cluster: `osm-bootstrap`. */
  by: string
  /** Where the CRDs of a version are published, where its chart carries none. */
  published?(version: string): { folder: string; commands: string[] }
}

/** What a version policy says of a jump. */
export type HopJudgement =
  { type: 'supported' } | { type: 'too-far'; nextTarget: string; reason: string } | { type: 'downgrade' }

/**
 * What a mesh needs in order to work, besides the objects of its release; `by` is who makes or completes it.
 * A webhook configuration also needs an authority and somebody who answers.
 */
export interface MeshExpectation {
  type: 'object' | 'webhook'
  object: ObjectRef
  by: string
}

/** A field that a CRD of the mesh requires from some version on, and what the mesh itself would set. */
export interface RequiredField {
  crd: string
  path: string[]
  value: Json
  why: string
}

/** Data and pure functions that say what one mesh is. `if mesh ===` exists nowhere else. */
export interface MeshProfile {
  id: string
  title: string
  /** True where a release of this chart is this mesh. */
  matchesChart(chartName: string): boolean
  /** Label selector of a Deployment that every installation has. */
  marker?: string
  repository?: { url: string; chart: string }
  /** API groups of the mesh's custom resources. */
  crdGroups: string[]
  /** Who brings CRDs up to date, oldest first; empty: nobody but helm, at install. */
  crdOwners: CrdOwnership[]
  /** Admission webhook configurations that the target's own workloads make, and take over where they exist. */
  ownedWebhooks(to: string, values: Values): ObjectRef[]
  releaseNotes?: {
    /** Machine-readable address of one version's notes. */
    url(version: string): string
    /** For people. */
    page: string
  }
  /** Judges one jump; `available` are the published stable versions. */
  judgeHop(from: string, to: string, available: readonly string[]): HopJudgement
  /** The version to go to when the user names none; undefined where there is nothing newer. */
  recommendTarget(from: string, available: readonly string[]): { version: string; reason: string } | undefined
  /** Published versions that should not be a target, with the reason. */
  avoid: Record<string, string>
  migrations: ValueMigration[]
  /** Undefined where nothing is known of the values (generic profile). */
  valuePaths(chartVersion: string): ValuePaths | undefined
  /** Dotted path of the values of a workload's requests and limits; undefined where the mesh has no such workload. */
  resourcePath?(workload: string, chartVersion: string): string | undefined
  /** Workloads in the order in which they are restarted; others come after them. Absent: the manifest's order. */
  restartOrder?: readonly string[]
  /** What an upgrade interrupts, said before consent; `recreates`: custom resources are deleted and made again. */
  impact(from: string, to: string, restarts: readonly ObjectRef[], recreates?: boolean): string[]
  /** Fields that objects of older versions lack; `values` are the computed ones of the target. Absent: none. */
  requiredFields?(to: string, values: Values): RequiredField[]
  /** What the person has to do afterwards; `values` are the computed ones of the target. */
  afterwards(from: string, to: string, values: Values): Afterwards[]
  /** What must be there for the mesh to work; `values` are the computed ones. Absent: nothing besides the release. */
  expectations?(release: { namespace: string; chartVersion: string; values: Values }): MeshExpectation[]
}
