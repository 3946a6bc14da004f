import { versionList, versionsOf } from '../../model/crd.js'
import { canonicalJson } from '../../model/digest.js'
import { field, textField, type KubeObject } from '../../model/kube-object.js'
import { flattenSchema, schemaOf } from './crd-spec.js'

/** Lines that tell how a live CRD would differ, versions first, then fields; empty where nothing differs. */
export function crdDifferences(live: KubeObject, target: KubeObject): string[] {
  return [
    ...versionDifferences(live, target),
    ...schemaDifferences(live, target),
    ...otherDifferences(live, target),
  ]
}

function versionDifferences(live: KubeObject, target: KubeObject): string[] {
  const [before, after] = [versionsOf(live), versionsOf(target)]
  const names = (crd: KubeObject): string[] => versionList(crd).map((version) => textField(version, 'name'))
  const [oldNames, newNames] = [names(live), names(target)]
  const lines = [
    ...newNames.filter((name) => !oldNames.includes(name)).map((name) => `version ${name} added`),
    ...oldNames.filter((name) => !newNames.includes(name)).map((name) => `version ${name} removed`),
    ...before.servedVersions
      .filter((name) => newNames.includes(name) && !after.servedVersions.includes(name))
      .map((name) => `version ${name} no longer served`),
    ...after.servedVersions
      .filter((name) => oldNames.includes(name) && !before.servedVersions.includes(name))
      .map((name) => `version ${name} served again`),
  ]
  if (before.storageVersion !== after.storageVersion) {
    lines.push(`storage version ${before.storageVersion} → ${after.storageVersion}`)
  }
  return lines
}

function schemaDifferences(live: KubeObject, target: KubeObject): string[] {
  return versionsOf(target).servedVersions.flatMap((version) => {
    const [before, after] = [flattenSchema(schemaOf(live, version)), flattenSchema(schemaOf(target, version))]
    if (before.size === 0) return []
    const lines: string[] = []
    for (const [path, property] of before) {
      const now = after.get(path)
      if (!now) lines.push(`${version} ${path} removed`)
      else if (now.type !== property.type)
        lines.push(`${version} ${path} type ${property.type} → ${now.type}`)
      else if (now.required.join() !== property.required.join()) {
        lines.push(
          `${version} ${path || '.'} requires ${now.required.join(', ') || 'nothing'} (was ${property.required.join(', ') || 'nothing'})`,
        )
      } else if (now.constraints !== property.constraints)
        lines.push(`${version} ${path} constraints changed`)
    }
    for (const path of after.keys()) if (!before.has(path)) lines.push(`${version} ${path} added`)
    return topmost(lines)
  })
}

/** Of `a removed` and `a.b removed` only the first says something. */
function topmost(lines: readonly string[]): string[] {
  const parse = (line: string): { path: string; verb: string } => {
    const [, path = '', ...verb] = line.split(' ')
    return { path, verb: verb.join(' ') }
  }
  const wholes = lines.map(parse).filter(({ verb }) => verb === 'removed' || verb === 'added')
  return lines.filter((line) => {
    const { path, verb } = parse(line)
    return !wholes.some(
      (whole) =>
        whole.verb === verb &&
        whole.path !== path &&
        /^[.[{]/.test(path.slice(whole.path.length)) &&
        path.startsWith(whole.path),
    )
  })
}

/** Parts of the spec besides versions: scope, names, conversion. */
function otherDifferences(live: KubeObject, target: KubeObject): string[] {
  return ['scope', 'group', 'names', 'conversion', 'preserveUnknownFields'].flatMap((part) => {
    const [before, after] = [field(live, 'spec', part), field(target, 'spec', part)]
    // What a manifest leaves out, the server keeps or fills in.
    if (after === undefined || isSubset(after, before)) return []
    return [`${part} ${brief(before)} → ${brief(after)}`]
  })
}

function isSubset(wanted: unknown, actual: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return wanted === actual
  if (Array.isArray(wanted)) return canonicalJson(wanted) === canonicalJson(actual)
  const members = Object.entries(wanted as Record<string, unknown>)
  return members.every(([key, value]) =>
    isSubset(value, (actual as Record<string, unknown> | undefined)?.[key]),
  )
}

function brief(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
