import { createHash } from 'node:crypto'

/** `sha256:<hex>` of a text or bytes. */
export function digestOf(content: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}

/** Digest of JSON that does not depend on the order of keys. */
export function digestOfJson(value: unknown): string {
  return digestOf(canonicalJson(value))
}

/** JSON with keys in order, so that equal data gives equal text; undefined members are left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    const entries = Object.entries(member as Record<string, unknown>)
    return Object.fromEntries(entries.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)))
  })
}
