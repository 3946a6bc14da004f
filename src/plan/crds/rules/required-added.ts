import { versionsOf } from '../../../model/crd.js'
import type { CrdRule } from '../crd-rule.js'
import { flattenSchema, schemaOf } from '../crd-spec.js'

/** Stored objects that lack a newly required field stay readable, but no write of them is accepted. */
export const requiredAdded: CrdRule = ({ name, live, target, customResources }) => {
  if (customResources === 0) return []
  const added = versionsOf(target).servedVersions.flatMap((version) => {
    const before = flattenSchema(schemaOf(live, version))
    const after = flattenSchema(schemaOf(target, version))
    return [...after.values()].flatMap((property) => {
      const old = before.get(property.path)
      if (!old) return []
      const missing = property.required.filter((key) => !old.required.includes(key))
      const withoutDefault = missing.filter(
        (key) => !after.get(`${property.path}.${key}`)?.constraints.includes('"default"'),
      )
      return withoutDefault.map((key) => `${version} ${property.path}.${key}`)
    })
  })
  if (added.length === 0) return []
  return [
    {
      code: 'MU204',
      severity: 'warning',
      object: { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name },
      message: `requires ${added.length === 1 ? 'a field' : 'fields'} that it did not: objects without stay as they are, but making one anew, or writing that part of one, is refused until set`,
      evidence: added,
    },
  ]
}
