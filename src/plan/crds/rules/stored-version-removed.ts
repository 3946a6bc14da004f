import { versionList, versionsOf } from '../../../model/crd.js'
import { textField } from '../../../model/kube-object.js'
import type { CrdRule } from '../crd-rule.js'

/** The API server refuses a CRD that drops a version of `status.storedVersions` (apiextensions validation). */
export const storedVersionRemoved: CrdRule = ({ name, live, target }) => {
  const kept = versionList(target).map((version) => textField(version, 'name'))
  const missing = versionsOf(live).storedVersions.filter((version) => !kept.includes(version))
  if (missing.length === 0) return []
  return [
    {
      code: 'MU201',
      severity: 'error',
      object: { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name },
      field: 'status.storedVersions',
      message: `drops version ${missing.join(', ')}, in which objects may still be stored: the API server refuses that`,
      evidence: [
        `status.storedVersions: ${versionsOf(live).storedVersions.join(', ')}`,
        `target versions: ${kept.join(', ')}`,
      ],
      remedy: {
        text: 'rewrite the stored objects in the new storage version first, then take the old one out of status.storedVersions',
        commands: [`kubectl get crd ${name} -o jsonpath='{.status.storedVersions}'`],
      },
    },
  ]
}
