/**
 * The part of YAML that charts are mostly made of, read several times as fast as the whole of it: block mappings and
 * sequences, texts over several lines, literal blocks. Everything else is given up on (`undefined`), so that
 * whoever asks reads the text with the library; `readValue` is the library for a value on one line.
 */
export type ReadValue = (text: string) => unknown

type Mapping = Record<string, unknown>

/** One line that is neither empty nor a comment. */
interface Line {
  indent: number
  text: string
  /** Its place among all lines of the text. */
  at: number
}

class NotPlain extends Error {}

/** Tabs, control characters, ends of lines, and what JavaScript takes for blanks and YAML does not. */
const odd =
  /[\x00-\x09\x0b-\x1f\x7f-\x9f\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff\ud800-\udfff]/
const keyPattern = /^(?:([A-Za-z$_/][A-Za-z0-9$_./-]*)|"([^"\\]*)"|'([^']*)') *:(?: +(.*))?$/
const plainStart = /^[A-Za-z/_(]/
/** Words that YAML 1.1 takes for something else than a text. */
const special = /^(?:y|n|yes|no|on|off|true|false|null)$/i

/** The documents of a text, empty ones left out; undefined where it is more than the plain part of YAML. */
export function readPlainYaml(text: string, readValue: ReadValue): unknown[] | undefined {
  if (odd.test(text)) return undefined
  try {
    return text
      .split(/^--- *$/m)
      .map((document) => new Reader(document, readValue).document())
      .filter((value) => value !== undefined)
  } catch {
    return undefined
  }
}

class Reader {
  private readonly all: string[]
  private readonly lines: Line[] = []
  private next = 0

  constructor(
    text: string,
    private readonly readValue: ReadValue,
  ) {
    this.all = text.split('\n')
    for (const [at, whole] of this.all.entries()) {
      const trimmed = whole.trim()
      if (trimmed === '' || trimmed.startsWith('#')) continue
      this.lines.push({ indent: indentOf(whole), text: trimmed, at })
    }
  }

  document(): Mapping | undefined {
    const first = this.lines[0]
    if (!first) return undefined
    const value = this.mapping(first.indent)
    if (this.next < this.lines.length) throw new NotPlain()
    return value
  }

  private mapping(indent: number): Mapping {
    const found: Mapping = {}
    for (let line = this.lineAt(indent); line && !isItem(line); line = this.lineAt(indent)) {
      const { key, rest } = keyOf(line.text)
      this.next += 1
      found[key] = rest === '' ? this.below(indent) : this.value(rest, indent, line.at)
    }
    this.endAt(indent)
    return found
  }

  /** The next line, where it has this indentation. */
  private lineAt(indent: number): Line | undefined {
    const line = this.lines[this.next]
    return line?.indent === indent ? line : undefined
  }

  /** A block has ended: a line that is indented more belongs to nothing. */
  private endAt(indent: number): void {
    const after = this.lines[this.next]
    if (after && after.indent > indent) throw new NotPlain()
  }

  /** What stands under a key that has nothing behind it. */
  private below(indent: number): unknown {
    const line = this.lines[this.next]
    if (!line || line.indent < indent) return null
    if (isItem(line)) return this.sequence(line.indent)
    return line.indent > indent ? this.mapping(line.indent) : null
  }

  private sequence(indent: number): unknown[] {
    const found: unknown[] = []
    for (let line = this.lineAt(indent); line && isItem(line); line = this.lineAt(indent)) {
      const rest = line.text.slice(1).trimStart()
      if (/^(?:$|#|-(?: |$))/.test(rest)) throw new NotPlain()
      const inner = indent + line.text.length - rest.length
      if (keyPattern.test(rest)) {
        this.lines[this.next] = { indent: inner, text: rest, at: line.at }
        found.push(this.mapping(inner))
      } else {
        this.next += 1
        found.push(this.value(rest, indent, line.at))
      }
    }
    this.endAt(indent)
    return found
  }

  private value(text: string, indent: number, at: number): unknown {
    if (text === '|' || text === '|-') return this.literal(indent, at, text === '|')
    if (/^[|>&*!%@`?#]/.test(text)) throw new NotPlain()
    if (/^[[{]/.test(text) && !/[\]}]$/.test(text)) return this.flow(text, indent, at)
    const after = this.lines[this.next]
    const isLong = after !== undefined && after.indent > indent
    if (!plainStart.test(text)) {
      if (isLong) throw new NotPlain()
      return this.other(text)
    }
    if (isLong) return this.folded(text, indent, at)
    if (isBroken(text)) throw new NotPlain()
    return special.test(text) ? this.other(text) : text
  }

  private other(text: string): unknown {
    if (text === '{}') return {}
    if (text === '[]') return []
    if (/^(?:0|[1-9]\d{0,14})$/.test(text)) return Number(text)
    const [, double, single] = /^(?:"([^"\\]*)"|'([^']*)')$/.exec(text) ?? []
    return double ?? single ?? this.readOnOneLine(text)
  }

  /** The library reads the text as a document of its own, in which more is allowed than behind a key. */
  private readOnOneLine(text: string): unknown {
    if (/^(?:-(?:$| )|---|\.\.\.)/.test(text) || /[}\]"'] *:/.test(text)) throw new NotPlain()
    const value = this.readValue(text)
    const isFlow = /^\{.*\}$|^\[.*\]$/.test(text)
    if (typeof value === 'object' && value !== null && !isFlow) throw new NotPlain()
    return value
  }

  /** A list or mapping in brackets whose closing one has a line of its own. */
  private flow(first: string, indent: number, at: number): unknown {
    const close = first.startsWith('[') ? ']' : '}'
    const last = this.all.findIndex((line, index) => index > at && line.trim() === close)
    const lines = this.all.slice(at + 1, last)
    const isOutside = (line: string): boolean => line.trim() !== '' && indentOf(line) <= indent
    if (last < 0 || lines.some(isOutside) || indentOf(this.all[last] ?? '') < indent) throw new NotPlain()
    while ((this.lines[this.next]?.at ?? Infinity) <= last) this.next += 1
    this.endAt(indent)
    const value = this.readValue([first, ...lines, close].join('\n'))
    if (typeof value !== 'object' || value === null) throw new NotPlain()
    return value
  }

  /** A text over several lines: their ends are blanks, an empty line is a line's end. */
  private folded(first: string, indent: number, at: number): string {
    let [text, last] = [first, at]
    if (isBroken(first)) throw new NotPlain()
    for (let line = this.lines[this.next]; line && line.indent > indent; line = this.lines[this.next]) {
      if (isBroken(line.text) || this.hasComment(last, line.at)) throw new NotPlain()
      const empty = line.at - last - 1
      text += (empty === 0 ? ' ' : '\n'.repeat(empty)) + line.text
      last = line.at
      this.next += 1
    }
    return text
  }

  private hasComment(from: number, to: number): boolean {
    return this.all.slice(from + 1, to).some((line) => line.trim() !== '')
  }

  /** The lines of `|` as they are, without their common indentation. */
  private literal(indent: number, at: number, endsLine: boolean): string {
    const inner = indentOf(this.all[at + 1] ?? '')
    if (inner <= indent || this.isEmpty(at + 1)) throw new NotPlain()
    const length = this.all.slice(at + 1).findIndex((line) => line.trim() !== '' && indentOf(line) < inner)
    const end = length < 0 ? this.all.length : at + 1 + length
    const lines = this.all.slice(at + 1, end)
    if (this.isCut(end, lines, inner)) throw new NotPlain()
    const content = lines.map((line) => line.slice(inner))
    while (content.at(-1) === '') content.pop()
    while ((this.lines[this.next]?.at ?? end) < end) this.next += 1
    this.endAt(indent)
    return `${content.join('\n')}${endsLine ? '\n' : ''}`
  }

  /** Without a line's end after it the last line has none either; blanks alone may be content. */
  private isCut(end: number, lines: readonly string[], inner: number): boolean {
    if (end === this.all.length && this.all.at(-1) !== '') return true
    return lines.some((line) => line.trim() === '' && line.length > inner)
  }

  private isEmpty(at: number): boolean {
    return (this.all[at] ?? '').trim() === ''
  }
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}

function keyOf(text: string): { key: string; rest: string } {
  const [, bare, double, single, rest = ''] = keyPattern.exec(text) ?? []
  const key = bare ?? double ?? single
  const isText = key !== undefined && key !== '__proto__' && !(bare !== undefined && special.test(bare))
  if (!isText) throw new NotPlain()
  return { key, rest }
}

function isItem({ text }: Line): boolean {
  return text === '-' || text.startsWith('- ')
}

/** True where a text without quotes would end early, or is no text at all. */
function isBroken(text: string): boolean {
  return text.includes(': ') || text.endsWith(':') || text.includes(' #')
}
