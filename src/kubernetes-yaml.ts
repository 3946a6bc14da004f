import { parseAllDocuments, type Tags } from 'yaml'
import { readPlainYaml } from './plain-yaml.js'

/**
 * YAML as helm and kubectl read it (sigs.k8s.io/yaml): YAML 1.1 scalars (`yes` is true, `0777` is octal), but
 * dates and `12:30` stay texts. js-yaml refuses what they accept: a flow list whose `]` stands at its key's
 * column, as the charts of Open Service Mesh have it.
 */
const notInKubernetes = (tag: Exclude<Tags[number], string>): boolean =>
  tag.tag === 'tag:yaml.org,2002:timestamp' || ('format' in tag && tag.format === 'TIME')

const options = {
  version: '1.1',
  customTags: (tags: Tags) => tags.filter((tag) => typeof tag === 'string' || !notInKubernetes(tag)),
  logLevel: 'error',
  uniqueKeys: false,
} as const

/** The documents of a YAML (or JSON) text; empty ones are left out. Throws an Error where it is no YAML. */
export function parseYamlDocuments(text: string): unknown[] {
  return readPlainYaml(text, readValue) ?? parseWithLibrary(text)
}

/** The same, whatever the text. */
export function parseWithLibrary(text: string): unknown[] {
  return valuesOf(text).filter((value) => value !== null && value !== undefined)
}

function valuesOf(text: string): unknown[] {
  return parseAllDocuments(text, options).map((document): unknown => {
    const [error] = document.errors
    if (error) throw error
    // Aliases that multiply without end are refused by the library.
    const value: unknown = document.toJS({ maxAliasCount: 1000 })
    return value
  })
}

/** Versions and quantities come again and again. */
const known = new Map<string, unknown>()

function readValue(text: string): unknown {
  if (known.has(text)) return known.get(text)
  const values = valuesOf(text)
  if (values.length !== 1) throw new Error('not one value')
  const value: unknown = values[0]
  // What can be changed by who gets it is made anew.
  if (typeof value !== 'object' && known.size < 1000) known.set(text, value)
  return value
}

/** The first document of a YAML text; undefined where it holds nothing. Throws an Error where it is no YAML. */
export function parseYaml(text: string): unknown {
  return parseYamlDocuments(text)[0]
}
