import type { CrdChange } from '../../model/crd.js'
import type { ServedKind } from '../../model/kube-object.js'
import { groupOf, refKey, type ObjectRef } from '../../model/object-ref.js'
import type { Permission } from '../../model/permission.js'
import type { ObjectChange } from '../../model/plan.js'
import type { ReleaseSnapshot } from '../../model/release.js'
import type { ObjectRemedies } from '../objects/object-remedies.js'

export interface NeededPermissionsInput {
  executor: 'mesh-upgrade' | 'helm'
  release: Pick<ReleaseSnapshot, 'name' | 'namespace' | 'storage'>
  crds: readonly CrdChange[]
  objects: readonly ObjectChange[]
  /** Objects that leave the chart and are marked to stay. */
  kept: readonly ObjectRef[]
  /** Objects that a step clears out of helm's way. */
  remedies?: Pick<ObjectRemedies, 'adopted' | 'recreated' | 'orphaning'>
  servedKinds: readonly ServedKind[]
}

const verbOfChange = { added: 'create', changed: 'patch', removed: 'delete' } as const

/**
 * What the upgrade has to be allowed to do, once for each verb, resource and namespace: lock and record,
 * CRDs, helm's storage, and every kind that differs. A kind that only a CRD of this plan brings has no
 * resource to ask for yet and is left out.
 */
export function neededPermissions(input: NeededPermissionsInput): Permission[] {
  const own = input.executor === 'mesh-upgrade' ? [...recordPermissions(input), ...crdPermissions(input)] : []
  return merged([
    ...own,
    ...storagePermissions(input),
    ...objectPermissions(input),
    ...remedyPermissions(input),
  ])
}

function recordPermissions({ release: { name, namespace } }: NeededPermissionsInput): Permission[] {
  const lease = { group: 'coordination.k8s.io', resource: 'leases', namespace }
  const record = { group: '', resource: 'configmaps', namespace }
  const names = [`mesh-upgrade.${name}`]
  return [
    { ...lease, verb: 'create', names: [] },
    { ...lease, verb: 'update', names },
    { ...lease, verb: 'delete', names },
    { ...record, verb: 'create', names: [] },
    { ...record, verb: 'patch', names },
  ]
}

function crdPermissions({ crds }: NeededPermissionsInput): Permission[] {
  const resource = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' }
  return crds.flatMap(({ name, action }) => {
    if (action !== 'create' && action !== 'update' && action !== 'recreate') return []
    // Server-side apply of what is not there yet is asked for both.
    const patch: Permission = { ...resource, verb: 'patch', names: [name] }
    if (action === 'update') return [patch]
    const create: Permission = { ...resource, verb: 'create', names: [] }
    return action === 'create' ? [patch, create] : [patch, create, ...recreatePermissions(name)]
  })
}

/** Objects of a deleted CRD go with it; making them again is asked for by kind. A CRD's name is `<plural>.<group>`. */
function recreatePermissions(name: string): Permission[] {
  const [plural = '', ...group] = name.split('.')
  const objects = { group: group.join('.'), resource: plural, names: [] }
  return [
    { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions', verb: 'delete', names: [name] },
    { ...objects, verb: 'create' },
    { ...objects, verb: 'update' },
  ]
}

/** helm writes the new revision and marks the one before it as superseded. */
function storagePermissions({ release }: NeededPermissionsInput): Permission[] {
  const { storage, namespace } = release
  const stored = { group: '', resource: storage.kind === 'Secret' ? 'secrets' : 'configmaps', namespace }
  return [
    { ...stored, verb: 'create', names: [] },
    { ...stored, verb: 'update', names: [storage.name] },
  ]
}

function objectPermissions({ objects, kept, servedKinds }: NeededPermissionsInput): Permission[] {
  const served = new Map(servedKinds.map((each) => [`${each.group}/${each.kind}`, each]))
  const stays = new Set(kept.map(refKey))
  return objects.flatMap(({ object, change }) => {
    const group = groupOf(object.apiVersion)
    const found = served.get(`${group}/${object.kind}`)
    if (!found) return []
    const verb = stays.has(refKey(object)) ? 'patch' : verbOfChange[change]
    const where = found.namespaced && object.namespace ? { namespace: object.namespace } : {}
    return [{ verb, group, resource: found.plural, ...where, names: verb === 'create' ? [] : [object.name] }]
  })
}

/** Adopting is a PUT; what is deleted is made again by helm, and its pods may have to go. */
function remedyPermissions({ remedies, servedKinds }: NeededPermissionsInput): Permission[] {
  if (!remedies) return []
  const { adopted, recreated, orphaning } = remedies
  const ask = (refs: readonly ObjectRef[], verb: string, named = true): Permission[] =>
    refs.flatMap(({ apiVersion, kind, namespace, name }) => {
      const group = groupOf(apiVersion)
      const found = servedKinds.find((each) => each.group === group && each.kind === kind)
      if (!found) return []
      const where = found.namespaced && namespace !== undefined ? { namespace } : {}
      return [{ verb, group, resource: found.plural, ...where, names: named ? [name] : [] }]
    })
  const leftovers = [...orphaning, ...recreated.filter(({ pods }) => pods === 'go')].map(
    ({ kind, namespace }): ObjectRef => ({
      ...(kind === 'Deployment'
        ? { apiVersion: 'apps/v1', kind: 'ReplicaSet' }
        : { apiVersion: 'v1', kind: 'Pod' }),
      ...(namespace === undefined ? {} : { namespace }),
      name: '',
    }),
  )
  return [
    ...ask(adopted, 'update'),
    ...ask(adopted, 'patch'),
    ...ask(recreated, 'delete'),
    ...ask(recreated, 'create', false),
    ...ask(leftovers, 'delete', false),
  ]
}

function merged(permissions: readonly Permission[]): Permission[] {
  const byKey = new Map<string, Permission>()
  for (const permission of permissions) {
    const { verb, group, resource, namespace = '' } = permission
    const key = [verb, group, resource, namespace].join('/')
    const names = [...(byKey.get(key)?.names ?? []), ...permission.names]
    byKey.set(key, { ...permission, names: [...new Set(names)] })
  }
  return [...byKey.values()]
}
