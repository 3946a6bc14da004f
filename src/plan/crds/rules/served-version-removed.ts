import { versionsOf } from '../../../model/crd.js'
import type { CrdRule } from '../crd-rule.js'

/** Clients of a version that is served no longer get 404; the data stays. */
export const servedVersionRemoved: CrdRule = ({ name, live, target }) => {
  const after = versionsOf(target).servedVersions
  const gone = versionsOf(live).servedVersions.filter((version) => !after.includes(version))
  if (gone.length === 0) return []
  return [
    {
      code: 'MU202',
      severity: 'warning',
      object: { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name },
      message: `serves ${gone.join(', ')} no longer: manifests and clients that use it must move to ${after.join(', ')}`,
      evidence: [],
    },
  ]
}
