import { field, refOf, type KubeObject } from '../../model/kube-object.js'
import type { PostflightCheck } from '../check.js'

/** Every CRD that should be there is, and the API server serves it. */
export const crdsEstablished: PostflightCheck = ({ crds, expectedCrds, unreadable }) => {
  const id = 'crds-established'
  if (unreadable.some((line) => line.startsWith('CRDs'))) {
    return { id, status: 'unknown', message: unreadable.join('; '), objects: [] }
  }
  const missing = expectedCrds.filter((name) => !crds.some((crd) => crd.name === name))
  const down = crds.filter(({ object }) => !isEstablished(object))
  if (missing.length === 0 && down.length === 0) {
    return { id, status: 'pass', message: `${crds.length} CRDs established`, objects: [] }
  }
  const parts = [
    ...missing.map((name) => `${name} is gone`),
    ...down.map(({ name }) => `${name} is not established`),
  ]
  return { id, status: 'fail', message: parts.join('; '), objects: down.map(({ object }) => refOf(object)) }
}

function isEstablished(crd: KubeObject): boolean {
  const conditions = field(crd, 'status', 'conditions')
  const established = Array.isArray(conditions)
    ? conditions.find((condition) => field(condition, 'type') === 'Established')
    : undefined
  return field(established, 'status') === 'True' && crd.metadata.deletionTimestamp === undefined
}
