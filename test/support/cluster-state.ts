import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { apiClient, type ApiClient } from '../bed/api.js'
import { readRecord } from '../bed/state.js'

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
    managedFields?: unknown
  }
  spec?: unknown
  [field: string]: unknown
}

interface ListedKind {
  name: string
  kind: string
  verbs: string[]
}

/**
 * Every object of every kind that can be listed, Leases and Events aside, by kind and name. Asked of the API
 * server itself: kubectl takes four times as long for it, and hides `managedFields` too.
 */
export async function everyObject(env: Record<string, string>): Promise<Map<string, StoredObject>> {
  return objectsOf(env, () => true)
}

async function objectsOf(
  { BED_DIR: dir = '' }: Record<string, string>,
  isWanted: (group: string) => boolean,
): Promise<Map<string, StoredObject>> {
  const api = apiClient(readRecord(dir).apiServerUrl, join(dir, 'pki'), 'admin')
  const { groups } = (await patiently(api, '/apis')) as {
    groups: { name: string; preferredVersion: { groupVersion: string } }[]
  }
  const versions = groups.flatMap(({ name, preferredVersion: { groupVersion } }) =>
    isWanted(name) ? [groupVersion] : [],
  )
  const lists = [...(isWanted('') ? ['v1'] : []), ...versions].map(async (apiVersion) => {
    const path = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`
    const { resources } = (await patiently(api, path)) as { resources: ListedKind[] }
    const listed = resources.filter(
      ({ name, verbs }) => verbs.includes('list') && !/^(events|leases|componentstatuses)$|\//.test(name),
    )
    const items = listed.map(async ({ name, kind }) => {
      const list = (await patiently(api, `${path}/${name}`)) as { items: StoredObject[] }
      return list.items.map((object) => ({ ...object, apiVersion, kind }))
    })
    return (await Promise.all(items)).flat()
  })
  const objects = (await Promise.all(lists)).flat()
  for (const { metadata } of objects) delete metadata.managedFields
  return new Map(objects.map((object) => [nameOf(object), object]))
}

/** As kubectl asks: a kind whose CRD was changed just now is not ready yet (429). */
async function patiently(api: ApiClient, path: string): Promise<unknown> {
  for (let left = 50; ; left--) {
    const { status, text } = await api.send('GET', path)
    if (status === 200) return JSON.parse(text)
    if (status !== 429 || left === 0) throw new Error(`GET ${path}: ${status} ${text}`)
    await sleep(200)
  }
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
  const ours = await objectsOf(env, (group) => /smi-spec\.io|openservicemesh\.io/.test(group))
  return new Map(
    [...ours].map(([name, object]) => {
      const content = Object.entries(object).filter(
        ([key]) => !['metadata', 'status', 'apiVersion'].includes(key),
      )
      return [name.replace(/^\S+ /, ''), JSON.stringify([object.metadata.uid, content])]
    }),
  )
}
