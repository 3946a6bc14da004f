import { resourcePolicy } from '../../model/resource-policy.js'
import type { ObjectRef } from '../../model/object-ref.js'

export { resourcePolicy }

/** The command that annotates a live object so that helm does not delete it, or takes the annotation off. */
export function keepCommand({ kind, namespace, name }: ObjectRef, policy: 'keep' | 'off'): string {
  const place = namespace === undefined ? '' : ` -n ${namespace}`
  const word = policy === 'keep' ? `${resourcePolicy}=keep --overwrite` : `${resourcePolicy}-`
  return `kubectl annotate ${kind.toLowerCase()}/${name}${place} ${word}`
}
