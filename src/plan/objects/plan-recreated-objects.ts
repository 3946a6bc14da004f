import type { Finding } from '../../model/finding.js'
import type { KubeObject } from '../../model/kube-object.js'
import { formatRef } from '../../model/object-ref.js'
import type { RecreatedObject } from '../../model/step.js'
import { immutableChanges, type ImmutableChange } from './immutable-fields.js'
import { kubectlName, noRemedies, remedyId, type ObjectRemedies, type RemedyWish } from './object-remedies.js'

export interface RecreationInput extends RemedyWish {
  before: readonly KubeObject[]
  after: readonly KubeObject[]
}

/** Objects whose change the API server would refuse in the middle of helm's work. Pure. */
export function planRecreatedObjects(input: RecreationInput): ObjectRemedies {
  const changes = immutableChanges(input.before, input.after)
  const accepted = changes.filter((change) => isAccepted(change, input))
  return {
    ...noRemedies,
    findings: changes.map((change) => immutableFinding(change, input)),
    consents: accepted.map((change) => ({
      id: remedyId('recreate', change.object),
      text: `${formatRef(change.object)} is deleted and made again (${change.fields.join(', ')} cannot be changed): ${lossWords(change)}`,
    })),
    recreated: accepted.map(({ object }) => object),
    orphaning: accepted.flatMap(({ object: { pods: _pods, ...ref }, leavesPods }) =>
      leavesPods ? [ref] : [],
    ),
  }
}

function isAccepted(change: ImmutableChange, { executor, accepted }: RemedyWish): boolean {
  return (
    !change.holdsData && executor === 'mesh-upgrade' && accepted.includes(remedyId('recreate', change.object))
  )
}

function immutableFinding(change: ImmutableChange, input: RecreationInput): Finding {
  const { object, fields } = change
  const { pods: _pods, ...ref } = object
  const isRemade = isAccepted(change, input)
  const why = isRemade ? `it is deleted and made again: ${lossWords(change)}` : 'helm would fail halfway'
  return {
    code: 'MU406',
    severity: isRemade ? 'warning' : 'error',
    object: ref,
    field: fields[0] ?? '',
    message: `${formatRef(ref)}: ${fields.join(', ')} changes, which the API server refuses; ${why}`,
    evidence: [],
    ...(isRemade ? {} : { remedy: remedyOf(change, input) }),
  }
}

function remedyOf(change: ImmutableChange, { executor }: RemedyWish): NonNullable<Finding['remedy']> {
  const { object } = change
  if (change.holdsData) {
    return {
      text: 'leave it as it is with --set, or move its data to a new one under another name; it is never deleted here',
      commands: [`kubectl get ${kubectlName(object)} -o yaml`],
    }
  }
  const text = `leave it as it is with --set, or let it be deleted and made again: ${lossWords(change)}`
  return executor === 'mesh-upgrade'
    ? { text, commands: [], consent: remedyId('recreate', object) }
    : { text, commands: [recreateCommand(object)] }
}

/** What is interrupted meanwhile. */
function lossWords({ object, leavesPods }: ImmutableChange): string {
  const { kind, pods } = object
  if (kind === 'StatefulSet') {
    const volumes = 'its volumes and claims are left as they are'
    return pods === 'go' ? `its pods go first and come again; ${volumes}` : `its pods go on; ${volumes}`
  }
  if (kind === 'Job') return 'its pods go, and it runs again'
  if (leavesPods) return 'its old pods go on until the new ones are ready, and are deleted then'
  if (['Deployment', 'DaemonSet', 'ReplicaSet'].includes(kind)) return 'its pods go on'
  if (kind === 'Service') return 'it gets another address; connections to the old one end'
  if (kind.endsWith('RoleBinding')) return 'what it grants is missing until helm has made it again'
  return 'it is missing until helm has made it again'
}

/** What a person types instead. */
export function recreateCommand(object: RecreatedObject): string {
  const orphans = ['Deployment', 'DaemonSet', 'ReplicaSet', 'StatefulSet'].includes(object.kind)
  return `kubectl delete ${kubectlName(object)}${orphans ? ' --cascade=orphan' : ''}`
}
