import { isMapping, type Json, type Values } from '../../model/values.js'

/** Splits `a.b\.c` at unescaped dots, as helm's `--set` does. */
export function splitPath(path: string): string[] {
  return path.split(/(?<!\\)\./).map((part) => part.replace(/\\\./g, '.'))
}

/** The opposite of `splitPath`. */
export function joinPath(parts: readonly string[]): string {
  return parts.map((part) => part.replace(/\./g, '\\.')).join('.')
}

/** Value at a path; undefined where the path leaves the tree. Own keys only. */
export function valueAt(values: Json | undefined, parts: readonly string[]): Json | undefined {
  let current: Json | undefined = values
  for (const part of parts) {
    if (!isMapping(current) || !Object.hasOwn(current, part)) return undefined
    current = current[part]
  }
  return current
}

/** A copy with the value set at the path; mappings on the way are made where they are missing. */
export function withValue(values: Values, parts: readonly string[], value: Json): Values {
  const [head, ...rest] = parts
  if (head === undefined) return values
  const below = Object.hasOwn(values, head) ? values[head] : undefined
  const next = rest.length === 0 ? value : withValue(isMapping(below) ? below : {}, rest, value)
  return assign(values, head, next)
}

/** Leaves of a tree: scalars, lists, null and empty mappings, with their paths. */
export function leaves(values: Values): { path: string[]; value: Json }[] {
  const found: { path: string[]; value: Json }[] = []
  const visit = (value: Json, path: string[]): void => {
    if (isMapping(value) && Object.keys(value).length > 0) {
      for (const [key, member] of Object.entries(value)) visit(member, [...path, key])
    } else if (path.length > 0) found.push({ path, value })
  }
  visit(values, [])
  return found
}

/** Deep merge as helm's CoalesceTables: `winner` wins, mappings merge, lists and scalars replace. */
export function mergeValues(winner: Values, base: Values): Values {
  let merged = { ...base }
  for (const [key, value] of Object.entries(winner)) {
    const below = Object.hasOwn(base, key) ? base[key] : undefined
    merged = assign(merged, key, isMapping(value) && isMapping(below) ? mergeValues(value, below) : value)
  }
  return merged
}

/** Sets an own key, also one called `__proto__`. */
function assign(values: Values, key: string, value: Json): Values {
  const copy = { ...values }
  Object.defineProperty(copy, key, { value, enumerable: true, configurable: true, writable: true })
  return copy
}

/**
 * How a chart's defaults see a path: `known` where it is there or lies in a free-form part
 * (an empty mapping, a list, null), `unknown` where a mapping with keys lacks it.
 */
export function standing(defaults: Values, parts: readonly string[]): 'known' | 'free' | 'unknown' {
  let current: Json | undefined = defaults
  for (const part of parts) {
    if (!isMapping(current)) return 'free'
    if (Object.keys(current).length === 0) return 'free'
    if (!Object.hasOwn(current, part)) return 'unknown'
    current = current[part]
  }
  return 'known'
}
