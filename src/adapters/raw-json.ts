/** Text that is not the JSON that was expected; `at` is the position. */
export class RawJsonError extends Error {
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(`${message} at position ${at}`)
    this.name = 'RawJsonError'
  }
}

/** A member of an object: its decoded name and the exact text of its value. */
export interface RawMember {
  name: string
  raw: string
}

/** The exact pieces of a LIST answer. */
export interface RawList {
  /** `metadata.continue`; empty on the last page. */
  continueToken: string
  resourceVersion: string
  items: string[]
}

/**
 * Members of a JSON object in their order, each value as the text it was written in: numbers and dates
 * are not touched. Nesting is walked without recursion. Throws `RawJsonError`.
 */
export function sliceMembers(text: string): RawMember[] {
  const members: RawMember[] = []
  const end = eachMember(text, skipSpace(text, 0), (name, from, to) => {
    members.push({ name, raw: text.slice(from, to) })
  })
  expectEnd(text, end)
  return members
}

/** Elements of a JSON array as the text they were written in. Throws `RawJsonError`. */
export function sliceElements(text: string): string[] {
  const elements: string[] = []
  const end = eachElement(text, skipSpace(text, 0), (from, to) => elements.push(text.slice(from, to)))
  expectEnd(text, end)
  return elements
}

/** The text with the value at a path of members replaced; all else stays as it is written. Throws `RawJsonError`. */
export function replaceMember(text: string, path: readonly string[], raw: string): string {
  let [from, to] = [skipSpace(text, 0), text.length]
  for (const wanted of path) {
    let found: [number, number] | undefined
    eachMember(text, from, (name, start, end) => {
      if (name === wanted) found = [start, end]
    })
    if (!found) throw new RawJsonError(`no member ${wanted}`, from)
    ;[from, to] = found
  }
  return text.slice(0, from) + raw + text.slice(to)
}

/** The text with the member at a path set, and made where it is not there; all else stays. Throws `RawJsonError`. */
export function setMember(text: string, path: readonly string[], raw: string): string {
  const [name, ...rest] = path
  if (name === undefined) return raw
  const members = sliceMembers(text)
  const found = members.find((member) => member.name === name)
  const value = setMember(found?.raw ?? '{}', rest, raw)
  if (found) return replaceMember(text, [name], value)
  const written = [...members, { name, raw: value }].map(
    (member) => `${JSON.stringify(member.name)}:${member.raw}`,
  )
  return `{${written.join(',')}}`
}

/** The pieces of a Kubernetes list: every item exactly as the server wrote it. Throws `RawJsonError`. */
export function sliceList(text: string): RawList {
  const items: string[] = []
  let metadata = '{}'
  const start = skipSpace(text, 0)
  const end = eachMember(text, start, (name, from, to) => {
    if (name === 'metadata') metadata = text.slice(from, to)
    // Go writes an empty list as null where it was never made.
    else if (name === 'items' && text[from] === '[') {
      eachElement(text, from, (itemFrom, itemTo) => items.push(text.slice(itemFrom, itemTo)))
    }
  })
  expectEnd(text, end)
  const parsed = parseSlice(metadata, start) as { continue?: unknown; resourceVersion?: unknown } | null
  const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
  return { continueToken: textOf(parsed?.continue), resourceVersion: textOf(parsed?.resourceVersion), items }
}

/** JSON.parse whose failure is a `RawJsonError`. */
export function parseSlice(text: string, at = 0): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RawJsonError('no JSON', at)
  }
}

const enum Char {
  Quote = 34,
  Comma = 44,
  Colon = 58,
  OpenArray = 91,
  Backslash = 92,
  CloseArray = 93,
  OpenObject = 123,
  CloseObject = 125,
}

function eachMember(
  text: string,
  start: number,
  visit: (name: string, from: number, to: number) => void,
): number {
  expectChar(text, start, Char.OpenObject)
  let at = skipSpace(text, start + 1)
  if (text.charCodeAt(at) === Char.CloseObject) return at + 1
  for (;;) {
    expectChar(text, at, Char.Quote)
    const nameEnd = skipString(text, at)
    const name = String(parseSlice(text.slice(at, nameEnd), at))
    at = skipSpace(text, nameEnd)
    expectChar(text, at, Char.Colon)
    const from = skipSpace(text, at + 1)
    const to = skipValue(text, from)
    visit(name, from, to)
    at = skipSpace(text, to)
    if (text.charCodeAt(at) === Char.CloseObject) return at + 1
    expectChar(text, at, Char.Comma)
    at = skipSpace(text, at + 1)
  }
}

function eachElement(text: string, start: number, visit: (from: number, to: number) => void): number {
  expectChar(text, start, Char.OpenArray)
  let at = skipSpace(text, start + 1)
  if (text.charCodeAt(at) === Char.CloseArray) return at + 1
  for (;;) {
    const to = skipValue(text, at)
    visit(at, to)
    at = skipSpace(text, to)
    if (text.charCodeAt(at) === Char.CloseArray) return at + 1
    expectChar(text, at, Char.Comma)
    at = skipSpace(text, at + 1)
  }
}

/** End of the value that begins at `start`. What is inside brackets is only balanced: whoever uses a slice parses it. */
function skipValue(text: string, start: number): number {
  const first = text.charCodeAt(start)
  if (first === Char.Quote) return skipString(text, start)
  if (first !== Char.OpenObject && first !== Char.OpenArray) return skipScalar(text, start)
  const open: number[] = []
  for (let at = start; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === Char.Quote) at = skipString(text, at) - 1
    else if (char === Char.OpenObject || char === Char.OpenArray) open.push(char)
    else if (char === Char.CloseObject || char === Char.CloseArray) {
      // Both closing brackets are two after their opening one.
      if (open.pop() !== char - 2) throw new RawJsonError('unbalanced bracket', at)
      if (open.length === 0) return at + 1
    }
  }
  throw new RawJsonError('unexpected end', text.length)
}

function skipString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const quote = text.indexOf('"', at)
    if (quote < 0) break
    let backslashes = 0
    while (text.charCodeAt(quote - 1 - backslashes) === Char.Backslash && quote - 1 - backslashes > start)
      backslashes++
    if (backslashes % 2 === 0) return quote + 1
    at = quote
  }
  throw new RawJsonError('unexpected end of a text', text.length)
}

const scalar = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y

function skipScalar(text: string, start: number): number {
  scalar.lastIndex = start
  if (!scalar.test(text)) throw new RawJsonError('unexpected character', start)
  return scalar.lastIndex
}

function skipSpace(text: string, start: number): number {
  let at = start
  for (;;) {
    const char = text.charCodeAt(at)
    if (char !== 32 && char !== 10 && char !== 13 && char !== 9) return at
    at++
  }
}

function expectChar(text: string, at: number, char: number): void {
  if (text.charCodeAt(at) !== char) throw new RawJsonError(`expected ${String.fromCharCode(char)}`, at)
}

function expectEnd(text: string, end: number): void {
  const at = skipSpace(text, end)
  if (at < text.length) throw new RawJsonError('unexpected text after the end', at)
}
