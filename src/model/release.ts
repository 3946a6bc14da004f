import type { ObjectRef } from './object-ref.js'
import type { Sensitive, Values } from './values.js'

/** Helm's own words for the state of a release revision. */
export type ReleaseStatus =
  | 'deployed'
  | 'failed'
  | 'superseded'
  | 'pending-install'
  | 'pending-upgrade'
  | 'pending-rollback'
  | 'uninstalling'
  | 'uninstalled'
  | 'unknown'

/** One stored revision, as its labels tell; nothing decoded. */
export interface ReleaseRevision {
  releaseRevision: number
  releaseStatus: ReleaseStatus
  /** Seconds since 1970, from the storage object's labels; absent where helm wrote none. */
  modifiedAt?: number
}

/** The storage object of a revision, as its metadata tells. */
export interface ReleaseRecord extends ReleaseRevision {
  uid: string
  /** When the object was made, by the server's clock (RFC 3339). */
  createdAt?: string
  /** Who wrote it last, by managedFields (`Helm` is every helm's name), and when (RFC 3339). */
  writtenBy?: string
  writtenAt?: string
  annotations: Record<string, string>
}

/** A hook of a release, and how its run in this revision ended by helm's own record. */
export interface ReleaseHook {
  object: ObjectRef
  /** `pre-upgrade`, `test`, … */
  events: string[]
  /** Absent where helm did not run it. */
  lastPhase?: 'Unknown' | 'Running' | 'Succeeded' | 'Failed'
}

/** One release as helm stored it: the newest revision, decoded. */
export interface ReleaseSnapshot {
  name: string
  namespace: string
  releaseRevision: number
  releaseStatus: ReleaseStatus
  /** Chart version of the newest revision where that failed; all else is then of the last deployed revision. */
  failedAt?: string
  chartName: string
  chartVersion: string
  appVersion: string
  /** RFC 3339, as stored. */
  lastDeployed: string
  description: string
  /** How helm wrote the objects: helm 4 records `ssa`; everything else is client-side apply. */
  applyMethod: 'csa' | 'ssa'
  history: ReleaseRevision[]
  userSuppliedValues: Sensitive<Values>
  /** The root chart's defaults as stored; helm stores no sub-chart defaults. */
  chartDefaults: Values
  /** Rendered objects without hooks: multi-document YAML, may hold secrets. */
  manifest: Sensitive<string>
  /** Absent where the reader does not know them. */
  hooks?: ReleaseHook[]
  /** CRDs that the stored chart carries in crds/. */
  crdNames: string[]
  /** Digest of the stored chart's templates, crds, schema and defaults; see `chart.ts`. */
  chartContentDigest: string
  /** Name of the storage object that holds this revision, and its kind. */
  storage: { kind: 'Secret' | 'ConfigMap'; name: string }
}

/** Names a release without having read it. */
export interface ReleaseName {
  name: string
  namespace: string
}

/** A command of ours that is about this release, whatever others there are; `{program}` is named where it is shown. */
export function releaseCommand(verb: string, { name, namespace }: ReleaseName): string {
  return `{program} ${verb} ${name} -n ${namespace}`
}

/** True while helm refuses every upgrade of the release. */
export function isPending(status: ReleaseStatus): boolean {
  return status.startsWith('pending-')
}

/** The newest revision that helm can go back to; undefined where none was ever deployed. */
export function lastGoodRevision(history: readonly ReleaseRevision[]): number | undefined {
  const good = history.filter(
    ({ releaseStatus }) => releaseStatus === 'deployed' || releaseStatus === 'superseded',
  )
  return good.length === 0 ? undefined : Math.max(...good.map(({ releaseRevision }) => releaseRevision))
}

/** The number of the newest stored revision, whatever its state. */
export function newestRevision(history: readonly ReleaseRevision[]): number {
  return Math.max(0, ...history.map(({ releaseRevision }) => releaseRevision))
}
