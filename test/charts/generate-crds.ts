/**
 * Writes the CRDs of our mesh charts from the table of facts: each version's groups, versions, properties,
 * required lists, enums and defaults. Run by hand: `node --import tsx test/charts/generate-crds.ts FACTS.json`.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { dump } from 'js-yaml'

/** A schema as the facts flatten it: path → type, and the same paths for the rest. */
export interface FlatSchema {
  properties: Record<string, string>
  required: Record<string, string[]>
  enums: Record<string, unknown[]>
  defaults: Record<string, unknown>
}

interface CrdVersion {
  name: string
  served: boolean
  storage: boolean
  deprecated: boolean
  hasStatusSubresource: boolean
  schema: string
}

interface CrdFacts {
  file: string
  group: string
  kind: string
  plural: string
  shortNames: string[]
  scope: string
  labels: Record<string, string> | null
  versions: CrdVersion[]
}

interface CrdTable {
  versions: Record<string, { crds: Record<string, CrdFacts> }>
  schemas: Record<string, FlatSchema>
}

interface Schema {
  type?: string
  properties?: Record<string, Schema>
  items?: Schema
  [keyword: string]: unknown
}

/** Where each version's CRDs go: into the chart as long as the mesh ships them there, beside it later. */
export const CRD_FOLDERS: Record<string, string> = {
  'v0.9.2': '0.9.2/crds',
  'v0.10.0': '0.10.0/crds',
  'v0.11.1': '0.11.1-crds',
}

const PORT = { minimum: 1, maximum: 65535 }
const CIDR = { pattern: String.raw`^(\d{1,3}\.){3}\d{1,3}/\d{1,2}$` }

/** Keywords that the flattened facts leave out, by schema name and path. */
const KEYWORDS: [schema: RegExp, path: RegExp, keywords: Schema][] = [
  [/^httproutegroups/, /headers\[\]$/, { additionalProperties: { type: 'string' } }],
  [/^meshconfigs/, /resources\.(limits|requests)$/, { additionalProperties: true }],
  [/^meshconfigs/, /(PortExclusionList\[\]|inboundExternalAuthorization\.port)$/, PORT],
  [/^meshconfigs/, /IPRangeExclusionList\[\]$/, CIDR],
  [/^egresses/, /ipAddresses\[\]$/, CIDR],
  [/^(egresses|ingressbackends)/, /\.number$/, PORT],
  [/^ingressbackends/, /^\.status$/, { 'x-kubernetes-preserve-unknown-fields': true }],
  [/^multiclusterservices/, /ports\[\]\.port$/, PORT],
  [/^multiclusterservices/, /clusters\[\]\.address$/, { pattern: String.raw`^(\d{1,3}\.){3}\d{1,3}:\d+$` }],
  [/^multiclusterservices/, /clusters\[\]\.(weight|priority)$/, { minimum: 0 }],
]

/** The nested OpenAPI schema of a flattened one. */
export function nestSchema(name: string, flat: FlatSchema): Schema {
  const root: Schema = {}
  for (const [path, type] of Object.entries(flat.properties)) {
    const node = descend(root, path)
    if (type !== 'any') node.type = type
    if (flat.required[path]) node['required'] = flat.required[path]
    if (flat.enums[path]) node['enum'] = flat.enums[path]
    if (path in flat.defaults) node['default'] = flat.defaults[path]
    for (const [schemas, paths, keywords] of KEYWORDS) {
      if (schemas.test(name) && paths.test(path)) Object.assign(node, keywords)
    }
  }
  return root
}

function descend(root: Schema, path: string): Schema {
  let node = root
  for (const step of path.match(/\[\]|[^.[\]]+/g) ?? []) {
    if (step === '[]') node = node.items ??= {}
    else node = (node.properties ??= {})[step] ??= {}
  }
  return node
}

function crdOf(name: string, facts: CrdFacts, schemas: Record<string, FlatSchema>): object {
  const { group, kind, plural, shortNames, scope } = facts
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name, ...(facts.labels && { labels: facts.labels }) },
    spec: {
      group,
      scope,
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames },
      versions: facts.versions.map((version) => versionOf(version, schemas[version.schema])),
    },
  }
}

function versionOf(version: CrdVersion, flat: FlatSchema | undefined): object {
  if (!flat) throw new Error(`no schema ${version.schema}`)
  return {
    name: version.name,
    served: version.served,
    storage: version.storage,
    ...(version.deprecated && { deprecated: true }),
    schema: { openAPIV3Schema: nestSchema(version.schema, flat) },
    ...(version.hasStatusSubresource && { subresources: { status: {} } }),
  }
}

function generate(factsFile: string, chartsFolder: string): void {
  const table = JSON.parse(readFileSync(factsFile, 'utf8')) as CrdTable
  for (const [version, target] of Object.entries(CRD_FOLDERS)) {
    const folder = join(chartsFolder, target)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    for (const [name, facts] of Object.entries(table.versions[version]?.crds ?? {})) {
      const text = dump(crdOf(name, facts, table.schemas), { noRefs: true, lineWidth: 110 })
      writeFileSync(join(folder, basename(facts.file)), `# Written by generate-crds.ts.\n${text}`)
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const factsFile = process.argv[2]
  if (!factsFile) throw new Error('usage: generate-crds.ts FACTS.json')
  generate(factsFile, join(import.meta.dirname, 'osm'))
}
