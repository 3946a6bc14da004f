import { field } from '../../model/kube-object.js'
import { isMapping, type Json } from '../../model/values.js'

/** Why the API server would refuse an object under a schema. */
export interface SchemaProblem {
  /** Names and indices from the root. */
  path: (string | number)[]
  /** `is required`, `must be one of a, b`. */
  message: string
  /** Required, and not there. */
  isMissing: boolean
}

export interface ResourceJudgement {
  problems: SchemaProblem[]
  /** Fields that the schema does not know: the server drops them. */
  lost: (string | number)[][]
}

const mostDepth = 100
const notJudged = new Set(['apiVersion', 'kind', 'metadata'])

type Schema = { [key: string]: Json }

/**
 * What becomes of an object that is made anew under an OpenAPI schema: defaults, pruning, required fields, types,
 * enums, bounds and patterns; CEL rules and combinations (anyOf, …) are the server's. Pure and total.
 */
export function judgeResource(object: unknown, schema: Json | undefined): ResourceJudgement {
  const found: ResourceJudgement = { problems: [], lost: [] }
  if (!isMapping(object) || !isMapping(schema)) return found
  const content = Object.fromEntries(Object.entries(object).filter(([key]) => !notJudged.has(key)))
  const wanted = names(schema['required']).filter((name) => !notJudged.has(name))
  visit(content, { ...schema, required: wanted }, [], found)
  return found
}

/** `.spec.rules[0].name`. */
export function pathText(path: readonly (string | number)[]): string {
  return path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('')
}

function visit(value: Json, schema: Schema, path: (string | number)[], found: ResourceJudgement): void {
  const wrong = (message: string): void => void found.problems.push({ path, message, isMissing: false })
  if (path.length > mostDepth) return
  if (value === null) {
    // A null that is not allowed is dropped where a default can take its place.
    if (schema['nullable'] !== true && schema['default'] === undefined) wrong('must not be null')
    return
  }
  const kind = kindProblem(value, schema)
  if (kind !== undefined) return wrong(kind)
  const bound = boundProblem(value, schema)
  if (bound !== undefined) wrong(bound)
  if (Array.isArray(value)) {
    const { items } = schema
    if (isMapping(items)) value.forEach((item, index) => visit(item, items, [...path, index], found))
  } else if (isMapping(value)) visitMembers(value, schema, path, found)
}

function visitMembers(
  value: Schema,
  schema: Schema,
  path: (string | number)[],
  found: ResourceJudgement,
): void {
  const { properties, additionalProperties } = schema
  const known = isMapping(properties) ? properties : {}
  for (const [name, member] of Object.entries(value)) {
    const own = Object.hasOwn(known, name) ? known[name] : additionalProperties
    if (isMapping(own)) visit(member, own, [...path, name], found)
    else if (!isKept(name, schema)) found.lost.push([...path, name])
  }
  for (const name of names(schema['required'])) {
    if (Object.hasOwn(value, name) || hasDefault(known, name)) continue
    found.problems.push({ path: [...path, name], message: 'is required', isMissing: true })
  }
}

/** Whether a member that the schema does not describe stays all the same. */
function isKept(name: string, schema: Schema): boolean {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true || schema['additionalProperties'] === true)
    return true
  return schema['x-kubernetes-embedded-resource'] === true && notJudged.has(name)
}

function names(list: Json | undefined): string[] {
  return Array.isArray(list) ? list.filter((name) => typeof name === 'string') : []
}

function hasDefault(properties: Schema, name: string): boolean {
  return Object.hasOwn(properties, name) && field(properties[name], 'default') !== undefined
}

function kindProblem(value: Json, schema: Schema): string | undefined {
  if (schema['x-kubernetes-int-or-string'] === true)
    return Number.isInteger(value) || typeof value === 'string' ? undefined : 'must be an integer or a string'
  const { type } = schema
  const fits: Record<string, boolean> = {
    object: isMapping(value),
    array: Array.isArray(value),
    string: typeof value === 'string',
    boolean: typeof value === 'boolean',
    number: typeof value === 'number',
    integer: Number.isInteger(value),
  }
  if (typeof type !== 'string' || !Object.hasOwn(fits, type) || fits[type] === true) return undefined
  return `must be of type ${type}`
}

function boundProblem(value: Json, schema: Schema): string | undefined {
  const choices = schema['enum']
  if (Array.isArray(choices) && !choices.some((choice) => JSON.stringify(choice) === JSON.stringify(value))) {
    return `must be one of ${choices.map((choice) => JSON.stringify(choice)).join(', ')}`
  }
  if (typeof value === 'string') return textProblem(value, schema)
  if (typeof value === 'number') return sizeProblem('', value, schema, ['minimum', 'maximum'])
  if (Array.isArray(value)) return sizeProblem('items', value.length, schema, ['minItems', 'maxItems'])
  if (!isMapping(value)) return undefined
  return sizeProblem('members', Object.keys(value).length, schema, ['minProperties', 'maxProperties'])
}

function textProblem(value: string, schema: Schema): string | undefined {
  // The server counts code points.
  const length = sizeProblem('characters', [...value].length, schema, ['minLength', 'maxLength'])
  if (length !== undefined) return length
  const { pattern } = schema
  if (typeof pattern !== 'string') return undefined
  const expression = compiled(pattern)
  return expression && !expression.test(value) ? `must match ${pattern}` : undefined
}

/** Undefined for what only Go's expressions know: the server judges it. */
function compiled(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u')
  } catch {
    return undefined
  }
}

function sizeProblem(
  what: string,
  size: number,
  schema: Schema,
  [least, most]: [string, string],
): string | undefined {
  const [low, high] = [schema[least], schema[most]]
  const unit = what === '' ? '' : ` ${what}`
  if (typeof low === 'number' && size < low) return `must be at least ${low}${unit}`
  if (typeof high === 'number' && size > high) return `must be at most ${high}${unit}`
  return undefined
}
