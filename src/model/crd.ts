import type { ApplyResult } from './api-result.js'
import { canonicalJson } from './digest.js'
import { field, textField, type KubeObject } from './kube-object.js'
import type { Json } from './values.js'

/** Who brings a CRD up to date (design §1.12). */
export type CrdOwner = 'chart' | 'hook' | 'workload'

/** A live CRD: what planning needs of it and the object itself. */
export interface LiveCrd {
  name: string
  object: KubeObject
  /** The server's own JSON, one line: numbers beyond 2^53 are kept. */
  raw: string
}

/** True for the same spec and labels: what somebody wrote of a CRD on purpose. */
export function isSameCrd(left: LiveCrd, right: LiveCrd): boolean {
  const written = ({ object }: LiveCrd): string =>
    canonicalJson([field(object, 'spec') ?? null, object.metadata.labels ?? {}])
  return written(left) === written(right)
}

/** Versions of one CRD as its spec and status tell. */
export interface CrdVersions {
  servedVersions: string[]
  storageVersion: string
  storedVersions: string[]
}

/** What one source says of a CRD between the two versions. */
export type CrdClaim = 'changed' | 'unchanged' | 'added' | 'unknown' | 'not-carried'

/** One CRD in a plan: three sources side by side, and what will be done. */
export interface CrdChange {
  name: string
  owner: CrdOwner
  action: 'create' | 'update' | 'recreate' | 'none' | 'left-to-owner' | 'not-in-target'
  releaseNotes: CrdClaim
  targetChart: CrdClaim
  live?: CrdVersions
  target?: CrdVersions
  /** Path of the manifest in the chart or `--crds-from`. */
  file?: string
  /** Differences of live and target, one line each, most important first. */
  differences: string[]
  /** Field managers that wrote the live CRD's spec last. */
  managers: string[]
  customResources: number
}

/** A kind of custom resource whose objects are counted, backed up and compared. */
export interface CustomResourceKind {
  crd: string
  group: string
  version: string
  kind: string
  plural: string
  namespaced: boolean
}

/** A field that one custom resource gets when it is made again, because the new schema asks for it. */
export interface ResourceEdit {
  crd: string
  /** Empty for cluster-scoped objects. */
  namespace: string
  name: string
  /** Names of members, from the root: `spec`, `certificate`, `certKeyBitSize`. */
  path: string[]
  value: Json
}

/** What is kept of one custom resource: never its body. */
export interface CustomResourceSummary {
  namespace: string
  name: string
  uid: string
  resourceVersion: string
  /** The server counts it up where the content is written, not where a schema shows another default. */
  generation?: number
  /** SHA-256 over the server's bytes of everything but apiVersion, metadata and status. */
  specDigest: string
  /** SHA-256 over labels and annotations. */
  labelsDigest: string
  /** Uids of its owners, where it has any. */
  ownerUids?: string[]
}

/** One custom resource as the server's bytes. */
export interface RawObject extends CustomResourceSummary {
  raw: string
}

/** What the server would make of one target CRD: the object after a dry-run apply, or its refusal. */
export interface CrdProof {
  name: string
  result: ApplyResult
}

/** Versions that a CRD object serves and stores; total: odd input gives empty lists. */
export function versionsOf(crd: KubeObject): CrdVersions {
  const versions = versionList(crd)
  const name = (version: Json): string => textField(version, 'name')
  const stored = field(crd, 'status', 'storedVersions')
  return {
    servedVersions: versions.filter((version) => field(version, 'served') === true).map(name),
    storageVersion: name(versions.find((version) => field(version, 'storage') === true) ?? {}),
    storedVersions: Array.isArray(stored) ? stored.map(String) : [],
  }
}

/** The kinds that a CRD serves, as `group/version/Kind`. */
export function servedKindKeys(crd: KubeObject): string[] {
  const group = textField(crd, 'spec', 'group')
  const kind = textField(crd, 'spec', 'names', 'kind')
  return versionsOf(crd).servedVersions.map((version) => `${group}/${version}/${kind}`)
}

/** `spec.versions` as a list. */
export function versionList(crd: KubeObject): Json[] {
  const versions = field(crd, 'spec', 'versions')
  return Array.isArray(versions) ? versions : []
}

/**
 * The kind to read a CRD's objects by: its storage version where served, so that reading converts nothing;
 * undefined where it serves none.
 */
export function customResourceKind(crd: KubeObject): CustomResourceKind | undefined {
  const { servedVersions, storageVersion } = versionsOf(crd)
  const version = servedVersions.includes(storageVersion) ? storageVersion : servedVersions[0]
  if (version === undefined) return undefined
  return {
    crd: crd.metadata.name,
    group: textField(crd, 'spec', 'group'),
    version,
    kind: textField(crd, 'spec', 'names', 'kind'),
    plural: textField(crd, 'spec', 'names', 'plural'),
    namespaced: field(crd, 'spec', 'scope') === 'Namespaced',
  }
}
