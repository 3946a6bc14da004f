import { field, textField } from '../model/kube-object.js'
import type { Json } from '../model/values.js'

/** The text at a path of untyped JSON; undefined where there is none or it is empty. */
export function optionalText(value: unknown, ...path: string[]): string | undefined {
  return textField(value, ...path) || undefined
}

/** The list at a path of untyped JSON; empty where there is none. */
export function listAt(value: unknown, ...path: string[]): Json[] {
  const found = field(value, ...path)
  return Array.isArray(found) ? found : []
}
