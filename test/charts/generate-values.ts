/**
 * Writes values.yaml and values.schema.json of our mesh charts from the table of facts: default values, closed
 * objects, required lists and patterns. Run by hand: `node --import tsx test/charts/generate-values.ts FACTS.json`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { dump } from 'js-yaml'

interface SchemaFacts {
  topRequired: string[]
  closedObjects: string[]
  required: Record<string, string[]>
  patterns: Record<string, string>
}

interface VersionFacts {
  defaults: Record<string, unknown>
  schema?: SchemaFacts
  schemaSameAs?: string
}

interface Schema {
  type?: string
  properties?: Record<string, Schema>
  [keyword: string]: unknown
}

type Tree = { [key: string]: unknown }

const PORT = { minimum: 1, maximum: 65535 }

/** What the facts' table leaves out: bounds, item types, and the closed pairs of container resources. */
const KEYWORDS: [path: RegExp, keywords: Schema][] = [
  [/\.(tracing|grafana|prometheus)\.port$/, PORT],
  [/PortExclusionList$/, { items: { type: 'integer', ...PORT } }],
  [
    /IPRangeExclusionList$/,
    { items: { type: 'string', pattern: String.raw`^(\d{1,3}\.){3}\d{1,3}/\d{1,2}$` } },
  ],
  [/(Tolerations|imagePullSecrets)$/, { items: { type: 'object' } }],
  [/\.resources?$/, { required: ['limits', 'requests'] }],
  [/\.resources?\.(limits|requests)$/, { required: ['cpu', 'memory'], additionalProperties: false }],
  [/\.autoScale$/, { required: ['enable'] }],
  [/\.autoScale\.(min|max)Replicas$/, { minimum: 1, maximum: 10 }],
  [/\.autoScale\.targetAverageUtilization$/, { minimum: 0, maximum: 100 }],
]

/** Keys that a schema still allows although the chart gives no default for them. */
const ALLOWED_WITHOUT_DEFAULT: Record<string, string[]> = {
  'v0.9.2': ['OpenServiceMesh.enablePrometheusScraping'],
  'v0.10.0': [],
  'v0.11.1': ['OpenServiceMesh.pspEnabled'],
}

function nestValues(defaults: Record<string, unknown>): Tree {
  const root: Tree = {}
  for (const [path, value] of Object.entries(defaults)) {
    const keys = path.split('.')
    const last = keys.pop() ?? path
    const parent = keys.reduce((tree, key) => (tree[key] ??= {}) as Tree, root)
    parent[last] = value
  }
  return root
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'number' ? 'integer' : typeof value
}

function schemaOf(path: string, value: unknown, facts: SchemaFacts): Schema {
  const schema: Schema = { type: typeOf(value) }
  const members = schema.type === 'object' ? Object.entries(value as Tree) : []
  if (members.length > 0) {
    schema.properties = Object.fromEntries(
      members.map(([key, member]) => [key, schemaOf(path ? `${path}.${key}` : key, member, facts)]),
    )
  }
  if (facts.closedObjects.includes(path)) schema['additionalProperties'] = false
  if (facts.required[path]) schema['required'] = facts.required[path]
  if (facts.patterns[path]) schema['pattern'] = facts.patterns[path]
  for (const [paths, keywords] of KEYWORDS) if (paths.test(path)) Object.assign(schema, keywords)
  return schema
}

function rootSchema(values: Tree, facts: SchemaFacts, allowed: string[]): Schema {
  // Third-party images of the contour part are not described: only its switch is.
  const described: Tree = { ...values, ...('contour' in values && { contour: { enabled: false } }) }
  for (const path of allowed) {
    const [root = '', key = ''] = path.split('.')
    described[root] = { ...(described[root] as Tree), [key]: false }
  }
  const schema = schemaOf('', described, facts)
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...schema, required: facts.topRequired }
}

function generate(factsFile: string, chartsFolder: string): void {
  const { versions } = JSON.parse(readFileSync(factsFile, 'utf8')) as {
    versions: Record<string, VersionFacts>
  }
  for (const [version, allowed] of Object.entries(ALLOWED_WITHOUT_DEFAULT)) {
    const facts = versions[version]
    const schemaFacts = facts?.schema ?? versions[facts?.schemaSameAs ?? '']?.schema
    if (!facts || !schemaFacts) throw new Error(`no facts for ${version}`)
    const values = nestValues(facts.defaults)
    const folder = join(chartsFolder, version.slice(1))
    mkdirSync(folder, { recursive: true })
    const text = dump(values, { lineWidth: 110 })
    writeFileSync(join(folder, 'values.yaml'), `# Written by generate-values.ts.\n${text}`)
    const schema = JSON.stringify(rootSchema(values, schemaFacts, allowed), null, 2)
    writeFileSync(join(folder, 'values.schema.json'), `${schema}\n`)
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const factsFile = process.argv[2]
  if (!factsFile) throw new Error('usage: generate-values.ts FACTS.json')
  generate(factsFile, join(import.meta.dirname, 'osm'))
}
