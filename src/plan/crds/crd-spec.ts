import { versionList } from '../../model/crd.js'
import { field, textField, type KubeObject } from '../../model/kube-object.js'
import { isMapping, type Json } from '../../model/values.js'

/** The OpenAPI schema of one version; undefined where there is none. */
export function schemaOf(crd: KubeObject, version: string): Json | undefined {
  const found = versionList(crd).find((candidate) => field(candidate, 'name') === version)
  return field(found, 'schema', 'openAPIV3Schema')
}

/** One property of a schema, by the path a custom resource would have it at: `.spec.rules[].name`. */
export interface SchemaProperty {
  path: string
  type: string
  required: string[]
  /** Canonical text of what else constrains it: enum, pattern, default, bounds. */
  constraints: string
}

/** Every property of a schema, flattened; bounded in depth against hostile recursion. */
export function flattenSchema(schema: Json | undefined): Map<string, SchemaProperty> {
  const found = new Map<string, SchemaProperty>()
  const visit = (node: Json | undefined, path: string, depth: number): void => {
    if (!isMapping(node) || depth > 40) return
    found.set(path, propertyOf(node, path))
    const properties = node['properties']
    if (isMapping(properties)) {
      for (const [name, member] of Object.entries(properties)) visit(member, `${path}.${name}`, depth + 1)
    }
    visit(node['items'], `${path}[]`, depth + 1)
    visit(node['additionalProperties'], `${path}{}`, depth + 1)
  }
  visit(schema, '', 0)
  return found
}

const constraintKeys = [
  'enum',
  'pattern',
  'default',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'format',
  'nullable',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-int-or-string',
  'x-kubernetes-validations',
]

function propertyOf(node: { [key: string]: Json }, path: string): SchemaProperty {
  const required = node['required']
  const constraints = constraintKeys.filter((key) => key in node).map((key) => [key, node[key]])
  return {
    path,
    type: textField(node, 'type') || 'any',
    required: Array.isArray(required) ? required.map(String) : [],
    constraints: JSON.stringify(constraints),
  }
}
