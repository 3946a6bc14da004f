import { field } from '../../model/kube-object.js'
import type { Values } from '../../model/values.js'
import type { RequiredField } from '../mesh.js'
import { compareVersions } from '../version-order.js'
import { rootKey } from './root-key.js'

/** What 0.10.0 hard-codes where the value is not set (charts/osm/values.yaml). */
const defaultKeyBitSize = 2048

/** From 0.10 on the MeshConfig must say the key size, which a MeshConfig of 0.9 does not (config_meshconfig.yaml). */
export function requiredFields(to: string, values: Values): RequiredField[] {
  if (compareVersions(to, '0.10.0') < 0) return []
  const chosen = field(values[rootKey(to)], 'certificateProvider', 'certKeyBitSize')
  return [
    {
      crd: 'meshconfigs.config.openservicemesh.io',
      path: ['spec', 'certificate', 'certKeyBitSize'],
      value: typeof chosen === 'number' ? chosen : defaultKeyBitSize,
      why: 'the value that osm-bootstrap gives a new MeshConfig: certificateProvider.certKeyBitSize of the chart',
    },
  ]
}
