import { isSecretKey } from '../../model/redaction.js'
import { isMapping, type Json, type Values } from '../../model/values.js'
import { joinPath, splitPath, valueAt } from '../values/value-paths.js'

/** Values without what is secret, and the paths of that. */
export interface SplitValues {
  kept: Values
  /** As after `--set`. */
  secretPaths: string[]
}

/**
 * Takes out what stands under a secret key, and every text that `redact` would hide. A list goes as a whole:
 * its items cannot be given one by one.
 */
export function splitSecrets(values: Values, redact: (text: string) => string): SplitValues {
  const secretPaths: string[] = []
  const keep = (value: Json, path: string[], isSecret: boolean): Json | undefined => {
    if (isMapping(value)) {
      const members = Object.entries(value).flatMap(([key, member]): [string, Json][] => {
        const kept = keep(member, [...path, key], isSecret || isSecretKey(key))
        return kept === undefined ? [] : [[key, kept]]
      })
      return Object.fromEntries(members)
    }
    if (!holdsSecret(value, isSecret, redact)) return value
    secretPaths.push(joinPath(path))
    return undefined
  }
  const kept = keep(values, [], false)
  return { kept: isMapping(kept) ? kept : {}, secretPaths }
}

/** The paths at which these values say nothing. */
export function missingSecrets(secretPaths: readonly string[], given: Values): string[] {
  return secretPaths.filter((path) => valueAt(given, splitPath(path)) === undefined)
}

function holdsSecret(value: Json, isSecret: boolean, redact: (text: string) => string): boolean {
  if (Array.isArray(value)) return value.some((item) => holdsSecret(item, isSecret, redact))
  if (isMapping(value))
    return Object.entries(value).some(([key, member]) =>
      holdsSecret(member, isSecret || isSecretKey(key), redact),
    )
  if (typeof value === 'boolean' || value === null || value === '') return false
  return isSecret || (typeof value === 'string' && redact(value) !== value)
}
