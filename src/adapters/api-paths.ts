import type { ServedKind } from '../model/kube-object.js'
import type { ObjectRef } from '../model/object-ref.js'
import { discoverKinds } from './discovery.js'
import type { RestClient } from './rest-client.js'

/** Where a kind lives on the server. */
export type KindPath = Pick<ServedKind, 'plural' | 'namespaced'> & { apiVersion: string }

/** Kinds that every server serves: what we ask for most needs no discovery. */
const builtIn: Record<string, [plural: string, namespaced: boolean]> = {
  'v1/ConfigMap': ['configmaps', true],
  'v1/Event': ['events', true],
  'v1/Namespace': ['namespaces', false],
  'v1/Node': ['nodes', false],
  'v1/Pod': ['pods', true],
  'v1/Secret': ['secrets', true],
  'v1/Service': ['services', true],
  'apps/v1/DaemonSet': ['daemonsets', true],
  'apps/v1/Deployment': ['deployments', true],
  'apps/v1/ReplicaSet': ['replicasets', true],
  'apps/v1/StatefulSet': ['statefulsets', true],
  'batch/v1/Job': ['jobs', true],
  'apiextensions.k8s.io/v1/CustomResourceDefinition': ['customresourcedefinitions', false],
  'coordination.k8s.io/v1/Lease': ['leases', true],
}

/** Finds the path of a kind by what the server serves; asked for once, and once more for an unknown kind. */
export class ApiPaths {
  private known: Promise<Map<string, KindPath>> | undefined

  constructor(private readonly client: RestClient) {}

  /** Asks the server for all kinds, every time. Throws `ApiFailure`. */
  async discover(): Promise<ServedKind[]> {
    const kinds = await discoverKinds(this.client)
    this.known = Promise.resolve(indexOf(kinds))
    return kinds
  }

  /** Undefined where the server does not serve the kind. */
  async pathOf(apiVersion: string, kind: string): Promise<KindPath | undefined> {
    const key = `${apiVersion}/${kind}`
    const known = builtIn[key]
    if (known) return { apiVersion, plural: known[0], namespaced: known[1] }
    const before = this.known
    const found = (await (before ?? this.refresh())).get(key)
    if (found || before === undefined) return found
    // Several callers may miss the same kind at once: one asks.
    const again = this.known === before ? this.refresh() : (this.known ?? this.refresh())
    return (await again).get(key)
  }

  private refresh(): Promise<Map<string, KindPath>> {
    const asked = discoverKinds(this.client).then(indexOf)
    this.known = asked
    asked.catch(() => {
      if (this.known === asked) this.known = undefined
    })
    return asked
  }
}

function indexOf(kinds: readonly ServedKind[]): Map<string, KindPath> {
  return new Map(
    kinds.map(({ group, version, kind, plural, namespaced }) => {
      const apiVersion = group === '' ? version : `${group}/${version}`
      return [`${apiVersion}/${kind}`, { apiVersion, plural, namespaced }]
    }),
  )
}

/** `/apis/apps/v1/namespaces/x/deployments`; without a namespace all of them. */
export function collectionPath({ apiVersion, plural, namespaced }: KindPath, namespace?: string): string {
  const root = apiVersion.includes('/') ? '/apis' : '/api'
  const scope = namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${root}/${apiVersion}${scope}/${plural}`
}

/** Path of one object. */
export function objectPath(path: KindPath, ref: Pick<ObjectRef, 'namespace' | 'name'>): string {
  return `${collectionPath(path, ref.namespace)}/${encodeURIComponent(ref.name)}`
}
