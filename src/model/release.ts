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
