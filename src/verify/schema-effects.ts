import { versionList } from '../model/crd.js'
import { canonicalJson } from '../model/digest.js'
import { field, type KubeObject } from '../model/kube-object.js'
import { isMapping, type Json } from '../model/values.js'
import type { FieldDifferences, FieldPath } from './field-differences.js'

/** The schemas that objects of a kind were and are read by; undefined where unknown. */
export interface SchemaChange {
  before: Json | undefined
  now: Json | undefined
}

/** The schema of one version of a CRD. */
export function schemaOf(crd: KubeObject | undefined, version: string): Json | undefined {
  const found = versionList(crd ?? emptyCrd).find((candidate) => field(candidate, 'name') === version)
  return field(found, 'schema', 'openAPIV3Schema')
}

const emptyCrd: KubeObject = { apiVersion: '', kind: '', metadata: { name: '' } }

/**
 * What a change of schema does to an object that nobody wrote: a field that left it is no longer shown
 * (`pruned`), a default that was shown becomes the new one (`default`). Undefined: the schema does not explain it.
 */
export function schemaEffect(
  { path, before, now }: FieldDifferences['lost'][number],
  schema: SchemaChange,
): 'pruned' | 'default' | undefined {
  if (schema.now === undefined) return undefined
  const after = partAt(schema.now, path)
  if (after === undefined) return now === undefined ? 'pruned' : undefined
  const oldDefault = defaultOf(schema.before && partAt(schema.before, path))
  if (oldDefault === undefined || canonicalJson(before) !== canonicalJson(oldDefault)) return undefined
  return canonicalJson(now ?? null) === canonicalJson(defaultOf(after) ?? null) ? 'default' : undefined
}

/** The part of a schema that a path leads to, `true` where anything may be there; undefined where nothing. */
function partAt(schema: Json, path: FieldPath): Json | undefined {
  let part: Json | undefined = schema
  for (const step of path) {
    if (!isMapping(part) || part['x-kubernetes-preserve-unknown-fields'] === true) return true
    part = typeof step === 'number' ? part['items'] : memberOf(part, step)
    if (part === undefined) return undefined
  }
  return part
}

function memberOf(schema: { [key: string]: Json }, name: string): Json | undefined {
  const { properties, additionalProperties } = schema
  if (isMapping(properties) && Object.hasOwn(properties, name)) return properties[name]
  return additionalProperties === false ? undefined : additionalProperties
}

function defaultOf(part: Json | undefined): Json | undefined {
  return isMapping(part) ? part['default'] : undefined
}
