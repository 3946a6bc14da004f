import { versionsOf } from '../../../model/crd.js'
import type { CrdRule } from '../crd-rule.js'
import { flattenSchema, schemaOf } from '../crd-spec.js'

/** A default takes effect on read, for every stored object at once: it then shows a field that nobody set. */
export const defaultAdded: CrdRule = ({ name, live, target, customResources }) => {
  if (customResources === 0) return []
  const added = versionsOf(target).servedVersions.flatMap((version) => {
    const before = flattenSchema(schemaOf(live, version))
    const after = flattenSchema(schemaOf(target, version))
    const withDefault = [...after.values()].filter(({ constraints }) => constraints.includes('["default"'))
    const fresh = withDefault.filter(({ path }) => !before.get(path)?.constraints.includes('["default"'))
    return fresh.map(({ path }) => `${version} ${path}`)
  })
  if (added.length === 0) return []
  return [
    {
      code: 'MU207',
      severity: 'info',
      object: { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name },
      message: `${added.length === 1 ? 'a field gets' : `${added.length} fields get`} a default: objects that do not set ${added.length === 1 ? 'it' : 'them'} show it from then on`,
      evidence: added,
    },
  ]
}
