import { field, listField, textField } from '../model/kube-object.js'
import type { Json } from '../model/values.js'

/** One condition of an object's status; undefined where it has none of the type. */
export function conditionOf(object: unknown, type: string): Json | undefined {
  return listField(object, 'status', 'conditions').find((condition) => field(condition, 'type') === type)
}

/** `True`, `False`, `Unknown`, or empty where there is no such condition. */
export function conditionStatus(object: unknown, type: string): string {
  return textField(conditionOf(object, type), 'status')
}

/** What a condition says, in its own words: `reason: message`. */
export function conditionWords(object: unknown, type: string): string {
  const condition = conditionOf(object, type)
  return [textField(condition, 'reason'), textField(condition, 'message')].filter(Boolean).join(': ')
}

/** A count in an object; 0 where there is none. */
export function countAt(object: unknown, ...path: string[]): number {
  const value = field(object, ...path)
  return typeof value === 'number' ? value : 0
}
