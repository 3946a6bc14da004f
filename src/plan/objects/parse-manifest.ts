import { parseYamlDocuments } from '../../kubernetes-yaml.js'
import type { KubeObject, ServedKind } from '../../model/kube-object.js'
import { groupOf } from '../../model/object-ref.js'

export interface ParsedManifest {
  objects: KubeObject[]
  /** What could not be read, one line each. */
  problems: string[]
}

/** Where objects without a namespace go, and which kinds have none (`group/Kind`). */
export interface ManifestScope {
  namespace: string
  clusterScoped: ReadonlySet<string>
}

/** The scope of a release's objects in a cluster. */
export function manifestScope(namespace: string, servedKinds: readonly ServedKind[]): ManifestScope {
  const without = servedKinds.filter(({ namespaced }) => !namespaced)
  return { namespace, clusterScoped: new Set(without.map(({ group, kind }) => `${group}/${kind}`)) }
}

/** Objects of rendered YAML; lists are unpacked. Total: bad documents become problems. */
export function parseManifest(text: string, scope: ManifestScope): ParsedManifest {
  const objects: KubeObject[] = []
  const problems: string[] = []
  // Split first, so that one bad document does not hide the others.
  for (const document of text.split(/^---(?:[ \t].*)?\r?$/m)) {
    try {
      for (const value of parseYamlDocuments(document)) collect(value, objects, problems)
    } catch (error) {
      problems.push(`a rendered document is no YAML: ${firstLine(error)}`)
    }
  }
  return { objects: objects.map((object) => withNamespace(object, scope)), problems }
}

function collect(value: unknown, objects: KubeObject[], problems: string[]): void {
  if (value === null || value === undefined) return
  const object = value as Partial<KubeObject> & { items?: unknown }
  if (typeof object === 'object' && Array.isArray(object.items) && String(object.kind).endsWith('List')) {
    for (const item of object.items as unknown[]) collect(item, objects, problems)
  } else if (isObject(object)) objects.push(object)
  else problems.push('a rendered document is no Kubernetes object')
}

function isObject(value: unknown): value is KubeObject {
  const object = value as Partial<KubeObject>
  return (
    typeof object === 'object' &&
    typeof object.apiVersion === 'string' &&
    typeof object.kind === 'string' &&
    typeof object.metadata === 'object' &&
    object.metadata !== null &&
    typeof object.metadata.name === 'string'
  )
}

/** helm applies namespaced objects that name none to the release's namespace. */
function withNamespace(object: KubeObject, scope: ManifestScope): KubeObject {
  const { namespace } = scope
  if (object.metadata.namespace || scope.clusterScoped.has(`${groupOf(object.apiVersion)}/${object.kind}`))
    return object
  return { ...object, metadata: { ...object.metadata, namespace } }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}
