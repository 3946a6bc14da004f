import { canonicalJson } from '../../model/digest.js'
import { field, refOf, type KubeObject } from '../../model/kube-object.js'
import { groupOf, refKey } from '../../model/object-ref.js'
import type { RecreatedObject } from '../../model/step.js'
import { isMapping, type Json } from '../../model/values.js'

/** A field that the API server lets nobody change, and what it is where a manifest leaves it out. */
interface ImmutableField {
  path: string[]
  /** The server's default. */
  otherwise?: Json
  /** False where the server takes this change after all. */
  counts?: (before: KubeObject, after: KubeObject) => boolean
  /** What of the value makes no difference. */
  plain?: (value: Json | undefined) => Json | undefined
}

interface ImmutableKind {
  group: string
  kinds: string[]
  fields: ImmutableField[]
  /** Deleting such an object may lose data: it is never offered. */
  holdsData?: true
}

const selector: ImmutableField = { path: ['spec', 'selector'] }

/** What the API server refuses to change, each row proved on one (immutable-fields.bed.test.ts). */
const immutableKinds: readonly ImmutableKind[] = [
  { group: 'apps', kinds: ['Deployment', 'DaemonSet', 'ReplicaSet'], fields: [selector] },
  {
    group: 'apps',
    kinds: ['StatefulSet'],
    fields: [
      selector,
      { path: ['spec', 'serviceName'], otherwise: '' },
      { path: ['spec', 'podManagementPolicy'], otherwise: 'OrderedReady' },
      { path: ['spec', 'volumeClaimTemplates'], otherwise: [], plain: plainClaims },
    ],
  },
  {
    group: 'batch',
    kinds: ['Job'],
    fields: [
      selector,
      // A suspended Job may still change where its pods run.
      { path: ['spec', 'template'], counts: (before) => field(before, 'spec', 'suspend') !== true },
      { path: ['spec', 'completions'], counts: isNotIndexed },
      { path: ['spec', 'completionMode'], otherwise: 'NonIndexed' },
    ],
  },
  { group: '', kinds: ['Service'], fields: [{ path: ['spec', 'clusterIP'], counts: changesAddress }] },
  {
    group: 'rbac.authorization.k8s.io',
    kinds: ['RoleBinding', 'ClusterRoleBinding'],
    fields: [{ path: ['roleRef'], plain: plainRoleRef }],
  },
  {
    group: '',
    kinds: ['PersistentVolumeClaim'],
    holdsData: true,
    fields: ['accessModes', 'selector', 'storageClassName', 'volumeName', 'dataSource', 'dataSourceRef']
      .map((name): ImmutableField => ({ path: ['spec', name], counts: wasSet(name) }))
      .concat({ path: ['spec', 'volumeMode'], otherwise: 'Filesystem' }),
  },
  {
    group: '',
    kinds: ['PersistentVolume'],
    holdsData: true,
    fields: ['csi', 'nfs', 'hostPath', 'local', 'iscsi', 'fc'].map((name) => ({ path: ['spec', name] })),
  },
  {
    group: 'storage.k8s.io',
    kinds: ['StorageClass'],
    fields: [
      { path: ['provisioner'] },
      { path: ['parameters'], otherwise: {} },
      { path: ['reclaimPolicy'], otherwise: 'Delete' },
      { path: ['volumeBindingMode'], otherwise: 'Immediate' },
    ],
  },
  {
    group: '',
    kinds: ['ConfigMap', 'Secret'],
    fields: ['data', 'binaryData', 'stringData'].map((name) => ({
      ...{ path: [name], otherwise: {} },
      counts: isSealed,
    })),
  },
  {
    group: '',
    kinds: ['ConfigMap', 'Secret'],
    fields: [{ path: ['immutable'], otherwise: false, counts: isSealed }],
  },
  { group: '', kinds: ['Secret'], fields: [{ path: ['type'], otherwise: 'Opaque' }] },
]

/** An object of both manifests whose fields cannot be changed where it is. */
export interface ImmutableChange {
  object: RecreatedObject
  fields: string[]
  /** Deleting it may lose data. */
  holdsData: boolean
  /** Pods that its successor does not take over. */
  leavesPods: boolean
}

/** Objects that the API server would refuse to change from one manifest to the other. Pure and total. */
export function immutableChanges(
  before: readonly KubeObject[],
  after: readonly KubeObject[],
): ImmutableChange[] {
  const old = new Map(before.map((object) => [refKey(refOf(object)), object]))
  return after.flatMap((object) => {
    const previous = old.get(refKey(refOf(object)))
    return previous ? changeOf(previous, object) : []
  })
}

function changeOf(before: KubeObject, after: KubeObject): ImmutableChange[] {
  const group = groupOf(after.apiVersion)
  const rules = immutableKinds.filter((each) => each.group === group && each.kinds.includes(after.kind))
  const changed = rules.flatMap(({ fields }) => fields.filter((each) => differs(each, before, after)))
  if (changed.length === 0) return []
  const isSelector = changed.includes(selector)
  // Pods keep their names in a StatefulSet: old ones would be in the way of those with other labels.
  const pods = after.kind === 'Job' || (after.kind === 'StatefulSet' && isSelector) ? 'go' : 'stay'
  const keepsPods = group === 'apps' && pods === 'stay'
  return [
    {
      object: { ...refOf(after), pods },
      fields: changed.map(({ path }) => `.${path.join('.')}`),
      holdsData: rules.some(({ holdsData }) => holdsData === true),
      leavesPods: isSelector && keepsPods,
    },
  ]
}

function differs(rule: ImmutableField, before: KubeObject, after: KubeObject): boolean {
  const { path, otherwise, plain = (value) => value, counts = () => true } = rule
  const [old, now] = [before, after].map((object) => plain(field(object, ...path) ?? otherwise))
  // What neither says and no default is known of is the server's to choose.
  const isKnown = rule.counts !== undefined || (old !== undefined && now !== undefined)
  return isKnown && canonicalJson(old ?? null) !== canonicalJson(now ?? null) && counts(before, after)
}

/** An address that is left out stays as it is; a Service that has none of its own gives none up. */
function changesAddress(before: KubeObject, after: KubeObject): boolean {
  const given = field(after, 'spec', 'clusterIP')
  const isExternal = [before, after].some((object) => field(object, 'spec', 'type') === 'ExternalName')
  return typeof given === 'string' && given !== '' && !isExternal
}

function isNotIndexed(before: KubeObject): boolean {
  return field(before, 'spec', 'completionMode') !== 'Indexed'
}

function isSealed(before: KubeObject): boolean {
  return field(before, 'immutable') === true
}

/** The server fills in what was never said. */
function wasSet(name: string): (before: KubeObject) => boolean {
  return (before) => (field(before, 'spec', name) ?? null) !== null
}

/** The group has one possible value, which the server fills in. */
function plainRoleRef(value: Json | undefined): Json | undefined {
  return isMapping(value) ? { kind: value.kind ?? null, name: value.name ?? null } : value
}

/** Claims without what the server fills in. */
function plainClaims(value: Json | undefined): Json | undefined {
  if (!Array.isArray(value)) return value
  return value.map((claim) => {
    if (!isMapping(claim)) return claim
    const { apiVersion: _a, kind: _k, status: _s, metadata, spec, ...rest } = claim
    const { creationTimestamp: _t, ...named } = isMapping(metadata) ? metadata : {}
    const { volumeMode = 'Filesystem', ...wanted } = isMapping(spec) ? spec : {}
    return { ...rest, metadata: named, spec: { ...wanted, volumeMode } }
  })
}
