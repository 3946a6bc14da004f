import type { ApplyResult } from '../model/api-result.js'
import type { ClusterIdentity } from '../model/cluster.js'
import type { CustomResourceKind, LiveCrd, RawObject } from '../model/crd.js'
import type { KubeObject, ServedKind } from '../model/kube-object.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { AccessQuestion } from '../model/permission.js'

export type { ApiRefusal, ApplyResult } from '../model/api-result.js'

export interface ListOptions {
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
  /** So many are enough. */
  most?: number
  /** Only metadata is transferred. */
  metadataOnly?: boolean
}

export interface LogOptions {
  /** Of the container before its last restart. */
  previous: boolean
  tailLines: number
  limitBytes: number
  timeoutMs: number
}

/** The API server, asked only for what changes nothing. Every method throws `ApiFailure` (errors.ts) where it says nothing else. */
export interface ClusterReader {
  identity(): Promise<ClusterIdentity>
  /** All served kinds, from aggregated discovery: two requests. */
  servedKinds(): Promise<ServedKind[]>
  /** Undefined where there is none. */
  readObject(ref: ObjectRef): Promise<KubeObject | undefined>
  /** The same as the server's bytes. */
  readRaw(ref: ObjectRef): Promise<string | undefined>
  /** All objects of a kind, read page by page; for kinds that are few or read `metadataOnly`. */
  listObjects(apiVersion: string, kind: string, options?: ListOptions): Promise<KubeObject[]>
  /** Every CRD with the given names that exists. */
  readCrds(names: readonly string[]): Promise<LiveCrd[]>
  /** Names of all CRDs in the given API groups. */
  listCrdNames(groups: readonly string[]): Promise<string[]>
  /** Custom resources as the server's bytes, page by page; nothing is held after `onPage` returns. */
  eachRawPage(kind: CustomResourceKind, onPage: (page: RawObject[]) => Promise<void>): Promise<void>
  /** How many objects of a kind there are: one request (`limit=1` and `remainingItemCount`). */
  countObjects(kind: CustomResourceKind): Promise<number>
  /** Server-side apply of a CRD with `dryRun=All`. */
  dryRunApply(object: KubeObject): Promise<ApplyResult>
  /** Whether the person who asks may do something (SelfSubjectAccessReview with `dryRun=All`). */
  reviewAccess(question: AccessQuestion): Promise<{ allowed: boolean; reason: string }>
  /** Newest events about objects of a namespace, newest first. */
  listEvents(namespace: string): Promise<KubeObject[]>
  /** The end of a container's log, within `timeoutMs`; empty where there is none (yet). */
  readLogs(pod: ObjectRef, container: string, options: LogOptions): Promise<string>
}

export type Eviction = { result: 'evicted' | 'gone' } | { result: 'later'; why: string }

/** The API server, asked to change something. */
export interface ClusterWriter {
  /** Server-side apply with force, field manager `mesh-upgrade`. */
  apply(object: KubeObject): Promise<ApplyResult>
  /** POST; `{ok:false, status:409}` where it exists. */
  create(object: KubeObject): Promise<ApplyResult>
  /** PUT; the object's resourceVersion makes a concurrent change a 409. */
  replace(object: KubeObject): Promise<ApplyResult>
  /**
   * DELETE with preconditions: the uid, and where one is given the resourceVersion. True where the object
   * was there and is gone or going. `Orphan`: what it owns stays, and belongs to nobody.
   */
  delete(
    ref: ObjectRef,
    uid: string,
    resourceVersion?: string,
    propagation?: 'Background' | 'Orphan',
  ): Promise<boolean>
  /**
   * Evicts the pod of that uid, as `kubectl drain` does, so that PodDisruptionBudgets are kept. `gone`: it is not
   * there any more; `later`: a budget says not now.
   */
  evict(pod: ObjectRef, uid: string): Promise<Eviction>
}
