import { mustRun } from './run-program.js'

/** One object as the server has it. */
export interface StoredObject {
  apiVersion: string
  kind: string
  metadata: {
    name: string
    namespace?: string
    uid: string
    resourceVersion: string
    labels?: Record<string, string>
  }
  spec?: unknown
  [field: string]: unknown
}

/** Every object of every kind that can be listed, Leases and Events aside, by kind and name. */
export async function everyObject(env: Record<string, string>): Promise<Map<string, StoredObject>> {
  const kinds = (await mustRun('kubectl', ['api-resources', '--verbs=list', '-o', 'name'], { env })).split(
    '\n',
  )
  const wanted = kinds.filter((kind) => kind !== '' && !/^(events|leases|componentstatuses)(\.|$)/.test(kind))
  const text = await mustRun('kubectl', ['get', [...new Set(wanted)].join(','), '-A', '-o', 'json'], { env })
  const { items } = JSON.parse(text) as { items: StoredObject[] }
  return new Map(items.map((object) => [nameOf(object), object]))
}

/** `Deployment osm-system/osm-controller`. */
export function nameOf({ kind, apiVersion, metadata }: StoredObject): string {
  return `${apiVersion} ${kind} ${metadata.namespace ?? ''}/${metadata.name}`
}

/** Objects whose resourceVersion differs, that came, or that went. */
export function touched(before: Map<string, StoredObject>, after: Map<string, StoredObject>): string[] {
  const names = new Set([...before.keys(), ...after.keys()])
  const version = (object: StoredObject | undefined): string | undefined => object?.metadata.resourceVersion
  return [...names].filter((name) => version(before.get(name)) !== version(after.get(name))).sort()
}

/**
 * Names of custom resources that are gone or differ. Not counted in the MeshConfig, because nobody writes it:
 * what the schema's own default shows on every read (its envoyWindowsImage, from 0.10 on, another in 0.11),
 * and the flag that leaves the schema with 0.11.
 */
export function differing(before: Map<string, string>, after: Map<string, string>): string[] {
  const bySchema = /,?"(envoyWindowsImage":"[^"]*"|enableValidatingWebhook":(true|false))/g
  const content = (name: string, text: string | undefined): string | undefined =>
    name.startsWith('MeshConfig ') ? text?.replace(bySchema, '') : text
  return [...before]
    .filter(([name, old]) => content(name, after.get(name)) !== content(name, old))
    .map(([name]) => name)
}

/** Custom resources of the mesh's groups as text without metadata and status, by name; for comparing. */
export async function customResources(env: Record<string, string>): Promise<Map<string, string>> {
  const all = await everyObject(env)
  const ours = [...all].filter(([, { apiVersion }]) => /smi-spec\.io|openservicemesh\.io/.test(apiVersion))
  return new Map(
    ours.map(([name, object]) => {
      const content = Object.entries(object).filter(
        ([key]) => !['metadata', 'status', 'apiVersion'].includes(key),
      )
      return [name.replace(/^\S+ /, ''), JSON.stringify([object.metadata.uid, content])]
    }),
  )
}
