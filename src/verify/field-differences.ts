import { isMapping, type Json } from '../model/values.js'

/** Where a field is: names and indices. */
export type FieldPath = readonly (string | number)[]

/** Fields of a custom resource that a change touched. */
export interface FieldDifferences {
  /** Removed or changed; `now` is undefined where the field is gone. */
  lost: { path: FieldPath; before: Json; now: Json | undefined }[]
  /** There now and not before. */
  gained: FieldPath[]
}

/** `.spec.rules[0].name`. */
export function formatPath(path: FieldPath): string {
  return path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('')
}

/** Compares two raw objects without apiVersion, metadata and status; total, bad JSON differs as a whole. */
export function fieldDifferences(before: string, after: string): FieldDifferences {
  const [old, now] = [contentOf(before), contentOf(after)]
  if (old === undefined || now === undefined) {
    return { lost: [{ path: ['(unreadable)'], before: null, now: undefined }], gained: [] }
  }
  const differences: FieldDifferences = { lost: [], gained: [] }
  visit(old, now, [], differences)
  return differences
}

function contentOf(raw: string): Json | undefined {
  try {
    const parsed = JSON.parse(raw) as Json
    if (!isMapping(parsed)) return undefined
    const kept = Object.entries(parsed).filter(
      ([key]) => !['apiVersion', 'kind', 'metadata', 'status'].includes(key),
    )
    return Object.fromEntries(kept)
  } catch {
    return undefined
  }
}

function visit(old: Json, now: Json, path: FieldPath, found: FieldDifferences): void {
  if (isMapping(old) && isMapping(now)) {
    for (const [key, value] of Object.entries(old)) {
      const other = Object.hasOwn(now, key) ? now[key] : undefined
      if (other === undefined) found.lost.push({ path: [...path, key], before: value, now: undefined })
      else visit(value, other, [...path, key], found)
    }
    for (const key of Object.keys(now)) if (!Object.hasOwn(old, key)) found.gained.push([...path, key])
  } else if (Array.isArray(old) && Array.isArray(now) && old.length === now.length) {
    old.forEach((item, index) => visit(item, now[index] ?? null, [...path, index], found))
  } else if (JSON.stringify(old) !== JSON.stringify(now)) found.lost.push({ path, before: old, now })
}
