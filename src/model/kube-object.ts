import type { ObjectRef } from './object-ref.js'
import type { Json } from './values.js'

/** A Kubernetes object as plain JSON. Numbers beyond 2^53 are not kept exactly: see `RawObject`. */
export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: ObjectMetadata
  [field: string]: unknown
}

export interface ObjectMetadata {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: { kind: string; name: string; uid: string; controller?: boolean }[]
  managedFields?: { manager?: string; operation?: string; apiVersion?: string; time?: string }[]
  [field: string]: unknown
}

/** The reference of an object. */
export function refOf(object: KubeObject): ObjectRef {
  const { apiVersion, kind, metadata } = object
  const ref: ObjectRef = { apiVersion, kind, name: metadata.name }
  if (metadata.namespace) ref.namespace = metadata.namespace
  return ref
}

/** A kind that the API server serves. */
export interface ServedKind {
  group: string
  version: string
  kind: string
  plural: string
  namespaced: boolean
}

/** Reads `a.b.c` of untyped JSON; undefined where the path leaves the tree. */
export function field(value: unknown, ...path: (string | number)[]): Json | undefined {
  let current: unknown = value
  for (const key of path) {
    if (typeof current !== 'object' || current === null) return undefined
    current = (current as Record<string | number, unknown>)[key]
  }
  return current as Json | undefined
}

/** Like `field`, for texts: empty where there is none. */
export function textField(value: unknown, ...path: (string | number)[]): string {
  const found = field(value, ...path)
  return typeof found === 'string' ? found : ''
}

/** Like `field`, for lists: empty where there is none. */
export function listField(value: unknown, ...path: (string | number)[]): Json[] {
  const found = field(value, ...path)
  return Array.isArray(found) ? found : []
}
