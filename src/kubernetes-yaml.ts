import { boolYaml11Tag, CORE_SCHEMA, intYaml11Tag, loadAll, mergeTag, YAMLException } from 'js-yaml'
import { parseAllDocuments, type Tags } from 'yaml'

/**
 * YAML as helm and kubectl read it (sigs.k8s.io/yaml): YAML 1.1 scalars (`yes` is true, `0777` is octal), but
 * dates and `12:30` stay texts. js-yaml is several times as fast; what it refuses and they accept is read by
 * `yaml`.
 */
const quickSchema = CORE_SCHEMA.withTags(boolYaml11Tag, intYaml11Tag, mergeTag)

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
  return readQuickly(text) ?? readLeniently(text)
}

/** The first document of a YAML text; undefined where it holds nothing. Throws an Error where it is no YAML. */
export function parseYaml(text: string): unknown {
  return parseYamlDocuments(text)[0]
}

/** What YAML 1.1 takes for a number of base 60 and Kubernetes does not: `12:30`. */
const base60 = /(?:^|[\s,[{])[-+]?\d+(?::[0-5]?\d)+(?:\.\d*)?(?:[\s,\]}]|$)/m

/** By js-yaml; undefined where it refuses the text, or would read a time as a number. */
export function readQuickly(text: string): unknown[] | undefined {
  if (base60.test(text)) return undefined
  try {
    return withoutEmpty(loadShifting(text, mostShifts))
  } catch {
    return undefined
  }
}

const mostShifts = 20

/**
 * js-yaml wants lines inside brackets and quotes to be indented, helm does not (charts of Open Service Mesh have
 * `]` at its key's column). Space before what stands there means nothing: more of it is put there.
 */
function loadShifting(text: string, shifts: number): unknown[] {
  try {
    return loadAll(text, { schema: quickSchema })
  } catch (error) {
    if (!(error instanceof YAMLException) || error.reason !== 'deficient indentation') throw error
    if (!error.mark || shifts === 0) throw error
    const { buffer, position } = error.mark
    const shifted = buffer.slice(0, position) + ' '.repeat(40) + buffer.slice(position)
    return loadShifting(shifted, shifts - 1)
  }
}

/** By `yaml`, which takes all that Kubernetes takes. Throws an Error where it is no YAML. */
export function readLeniently(text: string): unknown[] {
  const values = parseAllDocuments(text, options).map((document): unknown => {
    const [error] = document.errors
    if (error) throw error
    // Aliases that multiply without end are refused by the library.
    return document.toJS({ maxAliasCount: 1000 }) as unknown
  })
  return withoutEmpty(values)
}

function withoutEmpty(values: readonly unknown[]): unknown[] {
  return values.filter((value) => value !== null && value !== undefined)
}
