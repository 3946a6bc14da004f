import { digestOf, digestOfJson } from '../model/digest.js'
import { isMapping, type Json, type Values } from '../model/values.js'

/** A file of a chart; `name` is its path inside the chart, with slashes. */
export interface ChartFile {
  name: string
  data: Buffer
}

/** What of a chart decides what it does; all of it is in helm's storage as well. */
export interface ChartContent {
  templates: ChartFile[]
  /** Files under `crds/`. */
  crdFiles: ChartFile[]
  schema: Buffer | undefined
  defaults: Values
  /** Names and aliases of all dependencies that are known of. */
  dependencyNames: string[]
}

/**
 * Digest of a chart's own templates, CRDs, schema and defaults: the same for a folder, an archive and a
 * stored release of one chart. Sub-charts are not stored by helm and do not count. Helm stores the defaults
 * of a chart with dependencies after merging those of its enabled sub-charts into them
 * (pkg/chartutil/dependencies.go, processImportValues), so that what stands under a dependency's name,
 * `global`, and nulls are left out on both sides.
 */
export function chartContentDigest({
  templates,
  crdFiles,
  schema,
  defaults,
  dependencyNames,
}: ChartContent): string {
  const files = [...templates, ...crdFiles].map(({ name, data }) => [name, digestOf(data)])
  const merged = new Set([...dependencyNames, 'global'])
  const own = Object.entries(defaults).filter(([key]) => !merged.has(key))
  return digestOfJson({
    files: Object.fromEntries(files) as unknown,
    schema: schema === undefined || schema.length === 0 ? null : digestOf(schema),
    defaults: withoutNulls(Object.fromEntries(own)),
  })
}

/** True for a file that helm takes for a CRD manifest (chart.go, hasManifestExtension). */
export function isCrdFile(name: string): boolean {
  return name.startsWith('crds/') && /\.(ya?ml|json)$/.test(name)
}

/** True where a template asks the cluster. A mention in a comment counts: rendering against the server does no harm. */
export function callsLookup(templates: readonly ChartFile[]): boolean {
  return templates.some(({ data }) => /\{\{[^}]*\blookup\s/.test(data.toString('utf8')))
}

function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value
  if (!isMapping(value)) return value
  const kept = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(kept.map(([key, member]) => [key, withoutNulls(member)]))
}
