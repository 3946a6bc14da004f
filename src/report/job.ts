import { field, listField, refOf, type KubeObject } from '../model/kube-object.js'
import { formatRef } from '../model/object-ref.js'
import { isMapping } from '../model/values.js'
import { themeOf } from './theme.js'
import type { View } from './view.js'

/** The objects that an in-cluster run makes, one by one, with the rights that it gets; of a Secret only sizes. */
export function formatJobObjects(objects: readonly KubeObject[], view: View): string {
  const theme = themeOf(view)
  const lines = objects.flatMap((object) => [
    `  create ${formatRef(refOf(object))}`,
    ...listField(object, 'rules').map((rule) => `           ${ruleLine(rule)}`),
    ...fileLines(object),
  ])
  return [theme.heading('In the cluster'), ...lines, ''].join('\n')
}

/** `patch configmaps (mesh-upgrade.osm)`. */
function ruleLine(rule: unknown): string {
  const [group = ''] = texts(rule, 'apiGroups')
  const resources = texts(rule, 'resources').map((resource) =>
    group === '' ? resource : `${resource}.${group}`,
  )
  const names = texts(rule, 'resourceNames')
  return `${texts(rule, 'verbs').join(', ')} ${resources.join(', ')}${names.length > 0 ? ` (${names.join(', ')})` : ''}`
}

function fileLines(object: KubeObject): string[] {
  const data = object.kind === 'Secret' ? field(object, 'data') : undefined
  const files = isMapping(data) ? (Object.entries(data) as [string, string][]) : []
  return files.map(
    ([file, base64]) => `           ${file} (${Math.ceil((base64.length * 3) / 4 / 1024)} KiB)`,
  )
}

function texts(rule: unknown, key: string): string[] {
  return listField(rule, key).map(String)
}

/** The objects for a document: a Secret's content stays out. */
export function jobDocuments(objects: readonly KubeObject[]): KubeObject[] {
  return objects.map((object) =>
    object.kind === 'Secret' ? { ...object, data: { '(hidden)': String(fileLines(object).length) } } : object,
  )
}
