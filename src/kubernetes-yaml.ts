import { parseAllDocuments, type Tags } from 'yaml'

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
  const documents = parseAllDocuments(text, options)
  return documents.flatMap((document) => {
    const [error] = document.errors
    if (error) throw error
    // Aliases that multiply without end are refused by the library.
    const value: unknown = document.toJS({ maxAliasCount: 1000 })
    return value === null || value === undefined ? [] : [value]
  })
}

/** The first document of a YAML text; undefined where it holds nothing. Throws an Error where it is no YAML. */
export function parseYaml(text: string): unknown {
  return parseYamlDocuments(text)[0]
}
