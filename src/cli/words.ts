/**
 * Reads words of a command line by the rules of kubectl and helm (Go's pflag), which oclif's parser does
 * not keep: there `--yes=false` is true and `--set=-x` is refused. Pure; knows flags only by their shape.
 */

/** What has to be known of a flag to read it; the manifest and oclif's flag definitions both have it. */
export interface FlagShape {
  name: string
  char?: string | undefined
  aliases?: readonly string[] | undefined
  type: 'boolean' | 'option'
  options?: readonly string[] | undefined
  multiple?: boolean | undefined
  default?: unknown
}

/** What has to be known of a command to read its words. */
export interface CommandShape {
  id: string
  flags: Record<string, FlagShape>
  args: Record<string, { name: string; required?: boolean | undefined }>
}

/** One thing that was read, and the positions in argv that it took. */
export type Token = { at: number; length: number } & (
  | { type: 'flag'; flag: FlagShape; value: string | boolean }
  | { type: 'word'; text: string }
  | { type: 'rest'; words: string[] }
  | { type: 'misuse'; message: string }
)

export type FlagValues = Record<string, string | boolean | string[]>

/** A command's words, read; `misuse` is what is wrong with them. */
export interface ReadWords {
  flags: FlagValues
  args: Record<string, string>
  /** Words after `--`. */
  rest: string[]
  misuse?: string
}

/** Flags that need no value: what they mean without one. `--dry-run server` is then a flag and a word, as in kubectl. */
const bareValues: Record<string, string> = { 'dry-run': 'client', wait: 'true' }

/** Features that are not there yet are refused by name rather than called unknown. */
const notBuiltYet = new Map([['bundle', 'keep the diagnosis with: troubleshoot -o json > diagnosis.json']])

const trueWords = ['1', 't', 'T', 'TRUE', 'true', 'True']
const falseWords = ['0', 'f', 'F', 'FALSE', 'false', 'False']

/** Splits argv into tokens; total: whatever cannot be read becomes a `misuse` token. */
export function scanWords(argv: readonly string[], flags: readonly FlagShape[]): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < argv.length) {
    const text = argv[at] ?? ''
    if (text === '--') {
      tokens.push({ type: 'rest', words: argv.slice(at + 1), at, length: argv.length - at })
      break
    }
    const read = scanOne(argv, at, flags)
    tokens.push(...read)
    at = read.reduce((end, token) => Math.max(end, token.at + token.length), at + 1)
  }
  return tokens
}

function scanOne(argv: readonly string[], at: number, flags: readonly FlagShape[]): Token[] {
  const text = argv[at] ?? ''
  if (text.startsWith('--')) return [scanLong(argv, at, flags)]
  if (text.startsWith('-') && text !== '-') return scanShort(argv, at, flags)
  return [{ type: 'word', text, at, length: 1 }]
}

function scanLong(argv: readonly string[], at: number, flags: readonly FlagShape[]): Token {
  const text = (argv[at] ?? '').slice(2)
  const equals = text.indexOf('=')
  const name = equals < 0 ? text : text.slice(0, equals)
  const flag = flags.find((candidate) => candidate.name === name || candidate.aliases?.includes(name))
  if (!flag) return { type: 'misuse', message: unknownFlag(name, flags), at, length: 1 }
  if (equals >= 0) return flagToken(flag, text.slice(equals + 1), { at, length: 1, typed: `--${name}` })
  return withoutEquals(argv, flag, { at, length: 1, typed: `--${name}` })
}

/** `-f x`, `-fx`, `-f=x`, and several booleans in one word: `-qy`. */
function scanShort(argv: readonly string[], at: number, flags: readonly FlagShape[]): Token[] {
  const tokens: Token[] = []
  let letters = (argv[at] ?? '').slice(1)
  while (letters !== '') {
    const letter = letters.slice(0, 1)
    const flag = flags.find((candidate) => candidate.char === letter)
    const place = { at, length: 1, typed: `-${letter}` }
    letters = letters.slice(1)
    if (!flag) return [...tokens, { type: 'misuse', message: `unknown flag: -${letter}`, at, length: 1 }]
    if (letters.startsWith('=')) return [...tokens, flagToken(flag, letters.slice(1), place)]
    if (flag.type === 'option' && letters !== '') return [...tokens, flagToken(flag, letters, place)]
    tokens.push(letters === '' ? withoutEquals(argv, flag, place) : flagToken(flag, undefined, place))
  }
  return tokens
}

interface Place {
  at: number
  length: number
  /** The flag as it was typed, for messages. */
  typed: string
}

function withoutEquals(argv: readonly string[], flag: FlagShape, place: Place): Token {
  if (flag.type === 'boolean' || bareValues[flag.name] !== undefined) return flagToken(flag, undefined, place)
  const next = argv[place.at + 1]
  if (next === undefined) return misuse(place, `flag needs a value: ${place.typed}`)
  return flagToken(flag, next, { ...place, length: 2 })
}

function flagToken(flag: FlagShape, value: string | undefined, place: Place): Token {
  const { at, length, typed } = place
  if (flag.type === 'boolean') {
    const isTrue = value === undefined || trueWords.includes(value)
    if (!isTrue && !falseWords.includes(value)) {
      return misuse(place, `${typed} takes true or false, not "${value}"`)
    }
    return { type: 'flag', flag, value: isTrue, at, length }
  }
  const text = normalValue(flag, value)
  if (flag.options && !flag.options.includes(text)) {
    return misuse(place, `${typed} takes ${alternatives(flag.options)}, not "${text}"`)
  }
  return { type: 'flag', flag, value: text, at, length }
}

/** helm 3 still takes `--dry-run=true` and `--dry-run=false`. */
function normalValue(flag: FlagShape, value: string | undefined): string {
  if (value === undefined) return bareValues[flag.name] ?? ''
  if (flag.name !== 'dry-run') return value
  return trueWords.includes(value) ? 'client' : falseWords.includes(value) ? 'none' : value
}

function misuse({ at, length }: Place, message: string): Token {
  return { type: 'misuse', message, at, length }
}

/** `a, b or c`. */
export function alternatives(options: readonly string[]): string {
  if (options.length < 2) return options.join('')
  return `${options.slice(0, -1).join(', ')} or ${options.at(-1) ?? ''}`
}

function unknownFlag(name: string, flags: readonly FlagShape[]): string {
  const why = notBuiltYet.get(name)
  if (why !== undefined) return `--${name} is not available yet: ${why}`
  const names = flags.flatMap((flag) => [flag.name, ...(flag.aliases ?? [])])
  const close = closest(name, names)
  return close === undefined
    ? `unknown flag: --${name}`
    : `unknown flag: --${name} (did you mean --${close}?)`
}

/** The name that differs least, where that is little. */
export function closest(name: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .sort((left, right) => left.distance - right.distance)
  const best = ranked[0]
  return best && best.distance <= Math.max(1, Math.floor(name.length / 4)) ? best.candidate : undefined
}

function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index)
  for (let row = 1; row <= left.length; row++) {
    const current = [row]
    for (let column = 1; column <= right.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[right.length] ?? 0
}

/** Reads the words of one command. The last of a repeated flag wins; `multiple` flags keep all, in order. */
export function readWords(words: readonly string[], command: CommandShape): ReadWords {
  const read: ReadWords = { flags: {}, args: {}, rest: [] }
  const positional: string[] = []
  for (const token of scanWords(words, Object.values(command.flags))) {
    if (token.type === 'misuse') read.misuse ??= token.message
    else if (token.type === 'rest') read.rest = token.words
    else if (token.type === 'word') positional.push(token.text)
    else read.flags[token.flag.name] = keptValue(token, read.flags[token.flag.name])
  }
  Object.keys(command.args).forEach((name, index) => {
    const text = positional[index]
    if (text !== undefined) read.args[name] = text
  })
  for (const flag of Object.values(command.flags)) {
    if (typeof flag.default === 'string') read.flags[flag.name] ??= flag.default
  }
  const wrong = wrongCount(positional, command)
  if (wrong !== undefined) read.misuse ??= wrong
  return read
}

function keptValue(
  token: Token & { type: 'flag' },
  before: FlagValues[string] | undefined,
): FlagValues[string] {
  if (!token.flag.multiple) return token.value
  return [...(Array.isArray(before) ? before : []), String(token.value)]
}

function wrongCount(positional: readonly string[], command: CommandShape): string | undefined {
  const args = Object.values(command.args)
  const surplus = positional[args.length]
  if (surplus !== undefined) {
    const takes = args.length === 0 ? 'no words' : args.map((arg) => arg.name.toUpperCase()).join(' and ')
    return `unexpected word "${surplus}": ${command.id.replaceAll(':', ' ')} takes ${takes}`
  }
  const missing = args.find((arg, index) => arg.required && positional[index] === undefined)
  return missing && `${missing.name.toUpperCase()} is missing`
}
