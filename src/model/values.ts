/** A JSON value, as helm values and Kubernetes objects are made of. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** Helm values: a tree of JSON. */
export type Values = { [key: string]: Json }

/** True for a plain mapping (not null, not a list). */
export function isMapping(value: unknown): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Something that must not reach output: it prints and serialises as `(hidden)`;
 * only code that hands it to helm or merges it may call `reveal`.
 */
export interface Sensitive<T> {
  reveal(): T
  toJSON(): string
}

/** Wraps a value so that JSON.stringify, template strings and console show `(hidden)`. */
export function sensitive<T>(value: T): Sensitive<T> {
  const hidden = '(hidden)'
  const wrapped: Sensitive<T> & { toString(): string } = {
    reveal: () => value,
    toJSON: () => hidden,
    toString: () => hidden,
  }
  return Object.freeze(wrapped)
}
