import type { Manifest, ManifestCommand, ManifestFlag } from './manifest.js'
import type { Program } from './program.js'
import { scanWords, type Token } from './words.js'

/** What the shell may do besides, in cobra's numbers: complete files, or nothing. */
const directive = { files: 0, nothing: 4 }

const fileFlags = [
  'values',
  'kubeconfig',
  'ca-file',
  'keyring',
  'crds-from',
  'release-notes',
  'set-file',
  'write',
  'out',
]

/**
 * Answers kubectl's and helm's completion protocol from the manifest: `word<TAB>description` lines and
 * a last line with a directive. Total.
 * @param words what was typed after the program's name; the last one is being completed and may be empty
 */
export function complete(words: readonly string[], manifest: Manifest, program: Program): string {
  const current = words.at(-1) ?? ''
  const before = words.slice(0, -1)
  const { candidates, files } = candidatesFor(before, current, manifest, program)
  const matching = candidates
    .filter(([word]) => word.startsWith(current))
    .map(([word, text]) => `${word}\t${text}`)
  return `${[...matching, `:${files ? directive.files : directive.nothing}`].join('\n')}\n`
}

interface Candidates {
  candidates: [string, string][]
  files: boolean
}

function candidatesFor(
  before: readonly string[],
  current: string,
  manifest: Manifest,
  program: Program,
): Candidates {
  const { commands } = manifest
  const all = Object.values(commands).filter(({ hidden }) => !hidden)
  const every = program.mode === 'helm' ? [] : all.flatMap(({ flags }) => Object.values(flags))
  const named = before.filter((word) => !word.startsWith('-')).find((word) => Object.hasOwn(commands, word))
  const id = program.mode === 'helm' ? 'upgrade-check' : (named ?? 'upgrade')
  const command = commands[id]
  if (!command) return { candidates: [], files: false }
  const flags = uniqueFlags([...Object.values(command.flags), ...every])
  const tokens = scanWords(before, flags)
  const awaiting = awaitingValue(before, flags)
  if (awaiting) return valuesOf(awaiting)
  if (current.startsWith('-')) return flagCandidates(command, current)
  const position =
    tokens.filter((token: Token) => token.type === 'word').length - (named === undefined ? 0 : 1)
  const atStart = program.mode === 'kubectl' && named === undefined && position === 0
  const names = atStart
    ? all.map((each): [string, string] => [each.id.replaceAll(':', ' '), each.summary ?? ''])
    : []
  return { candidates: names, files: ['chart', 'file'].includes(Object.keys(command.args)[position] ?? '') }
}

function uniqueFlags(flags: readonly ManifestFlag[]): ManifestFlag[] {
  return [...new Map([...flags].reverse().map((flag) => [flag.name, flag])).values()]
}

/** The flag whose value comes next: `-o <TAB>`. */
function awaitingValue(before: readonly string[], flags: readonly ManifestFlag[]): ManifestFlag | undefined {
  const last = before.at(-1)
  if (last === undefined) return undefined
  const open = scanWords(before, flags).find(
    (token) => token.type === 'misuse' && token.at === before.length - 1,
  )
  const name = last.replace(/^--?/, '')
  const flag = flags.find((each) => each.name === name || each.char === name || each.aliases?.includes(name))
  return open && flag?.type === 'option' ? flag : undefined
}

function valuesOf(flag: ManifestFlag): Candidates {
  const options = (flag.options ?? []).map((option): [string, string] => [option, flag.description ?? ''])
  return { candidates: options, files: fileFlags.includes(flag.name) }
}

function flagCandidates(command: ManifestCommand, current: string): Candidates {
  const shown = Object.values(command.flags).filter(({ hidden }) => !hidden)
  const [name = '', value] = current.replace(/^--/, '').split('=', 2)
  const flag = shown.find((each) => each.name === name)
  if (value !== undefined) {
    const options = (flag?.options ?? []).map((option): [string, string] => [`--${name}=${option}`, ''])
    return { candidates: options, files: flag !== undefined && fileFlags.includes(flag.name) }
  }
  const names = shown.flatMap((each) =>
    [each.name, ...(each.aliases ?? [])].map((text) => [text, each] as const),
  )
  return { candidates: names.map(([text, each]) => [`--${text}`, each.description ?? '']), files: false }
}
