import { field, listField, textField, type KubeObject, type ServedKind } from '../../model/kube-object.js'
import { groupOf, refKey, type ObjectRef } from '../../model/object-ref.js'
import type { CustomResourceKind } from '../../model/crd.js'
import type { Permission } from '../../model/permission.js'
import type { ObjectChange } from '../../model/plan.js'
import type { ReleaseSnapshot } from '../../model/release.js'
import type { Json } from '../../model/values.js'

/** What a run has to do with: all hops together. */
export interface RunScope {
  release: Pick<ReleaseSnapshot, 'name' | 'namespace' | 'storage' | 'history' | 'releaseRevision'>
  hops: number
  servedKinds: readonly ServedKind[]
  /** Objects of the release as it is, and of every hop's chart. */
  before: readonly KubeObject[]
  after: readonly KubeObject[]
  /** Objects that charts make for a moment (hooks of an upgrade). */
  hooks: readonly KubeObject[]
  changes: readonly ObjectChange[]
  crds: {
    names: readonly string[]
    target: readonly string[]
    created: readonly string[]
    recreated: readonly string[]
  }
  kinds: readonly CustomResourceKind[]
  /** What the mesh has besides its release. */
  expected: readonly ObjectRef[]
}

/** A rule of a role that the charts bring: only who holds it may write that role. */
export interface HeldRule {
  namespace?: string
  rule: Json
}

type Verbs = [verbs: string[], names?: readonly string[]]

/**
 * Everything that a run of this plan asks the API server for, ours and helm's, of either major: found by the
 * audit log of such runs (test/e2e/in-cluster.test.ts), and held to it.
 */
export function runPermissions(scope: RunScope): Permission[] {
  return [
    ...ownPermissions(scope),
    ...crdPermissions(scope),
    ...storagePermissions(scope),
    ...objectPermissions(scope),
  ]
}

/** Rules of roles that are written and are not as they were: the API server asks their writer to hold them. */
export function heldRules(scope: RunScope): HeldRule[] {
  return writtenOf(scope, ['Role', 'ClusterRole']).flatMap(({ kind, metadata, ...role }) =>
    listField(role, 'rules').map((rule) => ({
      ...(kind === 'Role' && metadata.namespace ? { namespace: metadata.namespace } : {}),
      rule,
    })),
  )
}

function writtenOf({ after, hooks, changes }: RunScope, kinds: readonly string[]): KubeObject[] {
  const left = changes.filter(({ change }) => change !== 'removed')
  const written = new Set(left.map(({ object }) => refKey(object)))
  const objects = [...after.filter((object) => written.has(keyOf(object))), ...hooks]
  return objects.filter(({ kind }) => kinds.includes(kind))
}

/** Lock, record, events, the cluster's own name, and what waiting and diagnosing look at. */
function ownPermissions({ release: { name, namespace } }: RunScope): Permission[] {
  const own = [`mesh-upgrade.${name}`]
  const here = (group: string, resource: string, ...verbs: Verbs[]): Permission[] =>
    verbs.flatMap(([list, names = []]) =>
      list.map((verb) => ({ verb, group, resource, namespace, names: [...names] })),
    )
  return [
    { verb: 'get', group: '', resource: 'namespaces', names: ['kube-system', namespace] },
    ...here('coordination.k8s.io', 'leases', [['create']], [['get', 'update', 'delete'], own]),
    // What server-side apply makes is asked for by name.
    ...here('', 'configmaps', [['get', 'create', 'patch'], own]),
    ...here('', 'events', [['create', 'list']]),
    ...here('', 'pods', [['list']]),
    ...here('', 'pods/log', [['get']]),
    ...here('apps', 'replicasets', [['list']]),
    ...here('discovery.k8s.io', 'endpointslices', [['list']]),
  ]
}

function crdPermissions({ crds, kinds }: RunScope): Permission[] {
  const crd = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' }
  const named = (verb: string, names: readonly string[]): Permission[] =>
    names.length > 0 ? [{ ...crd, verb, names: [...names] }] : []
  const remade = kinds.filter((kind) => crds.recreated.includes(kind.crd))
  return [
    { ...crd, verb: 'list', names: [] },
    ...named('get', crds.names),
    ...named('patch', crds.target),
    ...named('create', [...crds.created, ...crds.recreated]),
    ...named('delete', crds.recreated),
    ...kinds.map(({ group, plural }) => ({ verb: 'list', group, resource: plural, names: [] })),
    ...remade.flatMap(({ group, plural }) =>
      ['get', 'create', 'update'].map((verb) => ({ verb, group, resource: plural, names: [] })),
    ),
  ]
}

/** Revisions that a run may still make: one for each hop, and again where it is resumed. */
const spareRevisions = 3
/** helm's own `--history-max`. */
const keptRevisions = 10

function storagePermissions({ release, hops }: RunScope): Permission[] {
  const { name, namespace, storage, history, releaseRevision } = release
  const stored = { group: '', resource: storage.kind === 'Secret' ? 'secrets' : 'configmaps', namespace }
  const nameOf = (revision: number): string => `sh.helm.release.v1.${name}.v${revision}`
  const known = history.map((revision) => nameOf(revision.releaseRevision))
  const newest = Math.max(releaseRevision, ...history.map((revision) => revision.releaseRevision))
  const coming = Array.from({ length: hops + spareRevisions }, (_, index) => nameOf(newest + 1 + index))
  const names = [...new Set([...known, ...coming])]
  const pruned = history.length + hops + spareRevisions > keptRevisions ? known : []
  const shared = Array.from({ length: hops }, (_, index) => `mesh-upgrade.${name}.hop-${index + 1}`)
  return [
    { ...stored, verb: 'list', names: [] },
    { ...stored, verb: 'create', names: [] },
    ...['get', 'update'].map((verb) => ({ ...stored, verb, names })),
    ...(pruned.length > 0 ? [{ ...stored, verb: 'delete', names: pruned }] : []),
    ...['get', 'create', 'patch'].map((verb) => ({
      ...{ group: '', resource: 'secrets', namespace, verb, names: shared },
    })),
  ]
}

/** What helm and we ask for about the objects of the charts. */
function objectPermissions(scope: RunScope): Permission[] {
  const { before, after, hooks, expected, changes, servedKinds } = scope
  const served = new Map(servedKinds.map((each) => [`${each.group}/${each.kind}`, each]))
  const allow = (ref: ObjectRef, ...verbs: Verbs[]): Permission[] => {
    const group = groupOf(ref.apiVersion)
    const kind = served.get(`${group}/${ref.kind}`)
    const where = kind?.namespaced && ref.namespace ? { namespace: ref.namespace } : {}
    return verbs.flatMap(([list, names = []]) =>
      list.map((verb) => ({ verb, group, resource: pluralOf(ref, kind), ...where, names: [...names] })),
    )
  }
  const old = new Set(before.map(keyOf))
  const removed = changes.filter(({ change }) => change === 'removed').map(({ object }) => object)
  return [
    ...after.flatMap((object) => {
      const ref = refTo(object)
      const isNew = !old.has(keyOf(object))
      const write: Verbs[] = [[['get', 'patch'], [ref.name]], ...(isNew ? [[['create']] as Verbs] : [])]
      return allow(ref, [['list', 'watch']], ...write)
    }),
    ...hooks.flatMap((object) => {
      const { name } = object.metadata
      return allow(refTo(object), [['create', 'list', 'watch']], [['get', 'patch', 'delete'], [name]])
    }),
    ...removed.flatMap((ref) => allow(ref, [['get', 'patch', 'delete'], [ref.name]])),
    ...expected.flatMap((ref) => allow(ref, [['get'], [ref.name]])),
    ...bindPermissions(scope),
  ]
}

/** A binding is written by who holds what its role holds, or may bind it. */
function bindPermissions(scope: RunScope): Permission[] {
  const held = new Set(
    writtenOf(scope, ['Role', 'ClusterRole']).map(({ kind, metadata }) => `${kind}/${metadata.name}`),
  )
  return writtenOf(scope, ['RoleBinding', 'ClusterRoleBinding']).flatMap((object) => {
    const [kind, name] = [textField(object, 'roleRef', 'kind'), textField(object, 'roleRef', 'name')]
    if (held.has(`${kind}/${name}`)) return []
    const { namespace } = object.metadata
    const where = object.kind === 'RoleBinding' && namespace ? { namespace } : {}
    const resource = kind === 'ClusterRole' ? 'clusterroles' : 'roles'
    return [{ verb: 'bind', group: 'rbac.authorization.k8s.io', resource, ...where, names: [name] }]
  })
}

function pluralOf({ kind }: ObjectRef, served: ServedKind | undefined): string {
  return served?.plural ?? `${kind.toLowerCase()}s`
}

function refTo({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): ObjectRef {
  return { apiVersion, kind, name, ...(namespace ? { namespace } : {}) }
}

function keyOf(object: KubeObject): string {
  return refKey(refTo(object))
}

/** True for an object that helm makes before or after an upgrade. */
export function isUpgradeHook(object: KubeObject): boolean {
  const when = field(object, 'metadata', 'annotations', 'helm.sh/hook')
  return (
    typeof when === 'string' && when.split(',').some((event) => /^(pre|post)-upgrade$/.test(event.trim()))
  )
}
