import { versionList, versionsOf } from '../../../model/crd.js'
import { textField } from '../../../model/kube-object.js'
import type { CrdRule } from '../crd-rule.js'

/** Once an object is stored in a version that the live CRD does not have, that CRD cannot be put back. */
export const oneWay: CrdRule = ({ name, live, target, customResources }) => {
  const known = versionList(live).map((version) => textField(version, 'name'))
  const { storageVersion } = versionsOf(target)
  if (storageVersion === '' || known.includes(storageVersion)) return []
  return [
    {
      code: 'MU210',
      severity: customResources > 0 ? 'warning' : 'info',
      object: { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name },
      field: 'spec.versions',
      message: `stores objects in ${storageVersion}, which the live CRD does not have: it cannot be put back as it is now once one is written`,
      evidence: [`versions now: ${known.join(', ')}`],
      remedy: {
        text: 'a rollback leaves the new CRD in place, which goes on serving the old versions that it has',
        commands: [],
      },
    },
  ]
}
