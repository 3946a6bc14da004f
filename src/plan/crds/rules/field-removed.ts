import { versionsOf } from '../../../model/crd.js'
import type { CrdRule } from '../crd-rule.js'
import { flattenSchema, schemaOf } from '../crd-spec.js'

/** A field that leaves the schema is pruned from every object that has it, at its next write. */
export const fieldRemoved: CrdRule = ({ name, live, target, customResources }) => {
  if (customResources === 0) return []
  const lost = versionsOf(target).servedVersions.flatMap((version) => {
    const before = flattenSchema(schemaOf(live, version))
    const after = flattenSchema(schemaOf(target, version))
    const gone = [...before.keys()].filter((path) => !after.has(path) && !isPreserved(path, after))
    return gone.map((path) => `${version} ${path}`)
  })
  if (lost.length === 0) return []
  return [
    {
      code: 'MU203',
      severity: 'warning',
      object: { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name },
      message: `${lost.length} field${lost.length === 1 ? '' : 's'} leave the schema: an object that sets one loses it (${customResources} objects exist; the backup keeps them whole)`,
      evidence: lost,
    },
  ]
}

function isPreserved(path: string, after: ReadonlyMap<string, { constraints: string }>): boolean {
  for (let parent = path; parent !== ''; parent = parent.replace(/(\.[^.[{]*|\[\]|\{\})$/, '')) {
    if (after.get(parent)?.constraints.includes('preserve-unknown-fields')) return true
  }
  return false
}
