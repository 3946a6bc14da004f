import type { Program } from './program.js'
import { closest, readWords, scanWords, type CommandShape, type FlagShape, type Token } from './words.js'

/** What the launcher is to do. */
export type Choice =
  | { type: 'version' }
  | { type: 'help'; command?: string }
  | { type: 'complete'; words: string[] }
  | { type: 'run'; command: string; words: string[] }
  | { type: 'misuse'; command?: string; message: string; output: string }

type Commands = Readonly<Record<string, CommandShape>>

const helpFlag: FlagShape = { name: 'help', char: 'h', type: 'boolean' }

/**
 * Decides what a command line asks for. Total: whatever cannot be run is help or misuse.
 * The first word that is no flag names the command; where it names none, `upgrade` is meant.
 */
export function chooseCommand(argv: readonly string[], commands: Commands, program: Program): Choice {
  if (program.completing) return { type: 'complete', words: [...argv] }
  if (argv[0] === '__complete') return { type: 'complete', words: argv.slice(1) }
  if (argv.length === 1 && argv[0] === '--version') return { type: 'version' }
  if (program.mode === 'helm') return chooseJudge(argv, commands)
  return argv[0] === 'help' ? chooseHelp(argv.slice(1), commands) : chooseNamed(argv, commands)
}

function chooseNamed(argv: readonly string[], commands: Commands): Choice {
  const tokens = scanWords(argv, allFlags(commands))
  const found = namedCommand(tokens, commands)
  const topic = found ? undefined : namedTopic(tokens, commands)
  if (topic) return topic
  const words = found ? without(argv, found.tokens) : [...argv]
  const command = found?.id ?? 'upgrade'
  if (asksHelp(tokens)) {
    const hasWord = tokens.some((token) => token.type === 'word')
    return found || hasWord ? { type: 'help', command } : { type: 'help' }
  }
  if (command !== 'upgrade') return checked(command, words, commands)
  return checked(...troubleshootOrUpgrade(words, commands), commands)
}

function chooseJudge(argv: readonly string[], commands: Commands): Choice {
  const command = 'upgrade-check'
  const tokens = scanWords(argv, [...Object.values(commands[command]?.flags ?? {}), helpFlag])
  if (asksHelp(tokens) || argv[0] === 'help') return { type: 'help', command }
  return checked(command, [...argv], commands)
}

function chooseHelp(words: readonly string[], commands: Commands): Choice {
  const names = words.filter((word) => !word.startsWith('-'))
  if (names.length === 0) return { type: 'help' }
  const id = names.join(':')
  if (Object.hasOwn(commands, id)) return { type: 'help', command: id }
  return { type: 'misuse', message: unknownCommand(names.join(' '), commands), output: 'text' }
}

function unknownCommand(name: string, commands: Commands): string {
  const close = closest(name, Object.keys(commands))
  return close === undefined
    ? `unknown command: ${name}`
    : `unknown command: ${name} (did you mean ${close}?)`
}

/** `upgrade --troubleshoot` is the command of that name. */
function troubleshootOrUpgrade(words: string[], commands: Commands): [string, string[]] {
  const flags = Object.values(commands.upgrade?.flags ?? {})
  const asked = scanWords(words, flags).filter(
    (token) => token.type === 'flag' && token.flag.name === 'troubleshoot',
  )
  const last = asked.at(-1)
  if (last?.type === 'flag' && last.value === true) return ['troubleshoot', without(words, asked)]
  return ['upgrade', words]
}

function checked(command: string, words: string[], commands: Commands): Choice {
  const shape = commands[command]
  if (!shape) return { type: 'misuse', message: unknownCommand(command, commands), output: 'text' }
  const read = readWords(words, shape)
  if (read.misuse === undefined) return { type: 'run', command, words }
  return { type: 'misuse', command, message: read.misuse, output: outputOf(words, shape) }
}

/** The output that was asked for, even where other words are wrong: an error then is a document as well. */
function outputOf(words: readonly string[], shape: CommandShape): string {
  const tokens = scanWords(words, Object.values(shape.flags))
  const asked = tokens.filter((token) => token.type === 'flag' && token.flag.name === 'output').at(-1)
  return asked?.type === 'flag' ? String(asked.value) : 'text'
}

/** Every flag of every command once: a name takes a value in all of them or in none. */
function allFlags(commands: Commands): FlagShape[] {
  const byName = new Map<string, FlagShape>([['help', helpFlag]])
  for (const command of Object.values(commands)) {
    if (command.id === 'upgrade-check') continue
    for (const flag of Object.values(command.flags))
      byName.set(flag.name, merged(byName.get(flag.name), flag))
  }
  return [...byName.values()]
}

/** One command may know a flag by more names than another. */
function merged(known: FlagShape | undefined, flag: FlagShape): FlagShape {
  if (!known) return flag
  return { ...known, aliases: [...new Set([...(known.aliases ?? []), ...(flag.aliases ?? [])])] }
}

function asksHelp(tokens: readonly Token[]): boolean {
  return tokens.some((token) => token.type === 'flag' && token.flag.name === 'help' && token.value === true)
}

/** The command that the first words name; of `crds` and `crds:diff` the longer. */
function namedCommand(
  tokens: readonly Token[],
  commands: Commands,
): { id: string; tokens: Token[] } | undefined {
  const words = tokens.filter((token) => token.type === 'word')
  for (const count of [2, 1]) {
    const first = words.slice(0, count)
    const id = first.map((token) => token.text).join(':')
    if (first.length === count && Object.hasOwn(commands, id)) return { id, tokens: first }
  }
  return undefined
}

/** `crds` alone is no command, and no name of a release either. */
function namedTopic(tokens: readonly Token[], commands: Commands): Choice | undefined {
  const first = tokens.find((token) => token.type === 'word')?.text ?? ''
  const inside = Object.keys(commands).filter((id) => id.startsWith(`${first}:`))
  if (first === '' || inside.length === 0) return undefined
  if (asksHelp(tokens)) return { type: 'help' }
  const words = inside.map((id) => id.replaceAll(':', ' '))
  return { type: 'misuse', message: `${first} is one of: ${words.join(', ')}`, output: 'text' }
}

function without(argv: readonly string[], tokens: readonly Token[]): string[] {
  const taken = new Set(
    tokens.flatMap(({ at, length }) => Array.from({ length }, (_, offset) => at + offset)),
  )
  return argv.filter((_, index) => !taken.has(index))
}
