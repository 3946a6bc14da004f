import type { ApiRefusal, ApplyResult } from '../model/api-result.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { Json } from '../model/values.js'

/** Which live object is replaced: a change in between is a 409. */
export interface LiveVersion {
  uid: string
  resourceVersion: string
}

/** What of the bytes is not put back as it was read. */
export interface RawChanges {
  /** New uids by old ones, for ownerReferences; an owner whose new uid is empty is left out, others stay. */
  uids?: ReadonlyMap<string, string>
  /** Members that are set. */
  fields?: readonly { path: readonly string[]; value: Json }[]
}

/** What the server would make of an object: the digests that objects are compared by (`CustomResourceSummary`). */
export type RawProof =
  { ok: true; specDigest: string; labelsDigest: string } | { ok: false; refusal: ApiRefusal }

/** Puts objects of a backup back as the bytes that were read: numbers and dates are not touched. */
export interface RawObjectWriter {
  /** POST of an object that is not there; what only the server writes (uid, times, managed fields) is left out. */
  createRaw(ref: ObjectRef, raw: string, changes?: RawChanges): Promise<ApplyResult>
  /** PUT over the live object. */
  replaceRaw(ref: ObjectRef, raw: string, live: LiveVersion, changes?: RawChanges): Promise<ApplyResult>
  /** The same with `dryRun=All`: what the server would make of it. */
  proveRaw(ref: ObjectRef, raw: string, live: LiveVersion, changes?: RawChanges): Promise<RawProof>
  /** PUT of the status alone; undefined where the bytes have none. */
  replaceStatusRaw(ref: ObjectRef, raw: string, live: LiveVersion): Promise<ApplyResult | undefined>
}
