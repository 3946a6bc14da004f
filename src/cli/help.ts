import { table, wrap } from '../report/text.js'
import { exitCodeTexts } from './exit-code.js'
import type { Manifest, ManifestCommand, ManifestFlag } from './manifest.js'

const groups = ['consent', 'upgrade', 'hooks', 'in-cluster', 'chart', 'values', 'cluster', 'output']

/** Help from the manifest alone: of one command, or of the program. */
export function formatHelp(
  manifest: Manifest,
  program: string,
  command: string | undefined,
  columns: number,
): string {
  const width = Math.max(60, Math.min(columns, 120))
  const found = command === undefined ? undefined : manifest.commands[command]
  const lines = found ? commandHelp(found, program, width) : rootHelp(manifest, program, width)
  return `${lines.join('\n').replaceAll('{program}', program)}\n`
}

function rootHelp(manifest: Manifest, program: string, width: number): string[] {
  const commands = Object.values(manifest.commands).filter(({ hidden }) => !hidden)
  const upgrade = manifest.commands.upgrade
  return [
    'Upgrade a Helm-managed service mesh: plan it, prove it, back it up, do it, verify it.',
    '',
    'USAGE',
    `  ${program} [RELEASE] [CHART] [flags]`,
    `  ${program} COMMAND [flags]`,
    '',
    'COMMANDS',
    ...table(
      commands.map(({ id, summary }) => [id.replaceAll(':', ' '), summary ?? '']),
      width,
      2,
    ),
    '',
    ...(upgrade ? exampleLines(upgrade, width) : []),
    ...exitCodeLines(width),
    '',
    `Flags: ${program} COMMAND --help. A release called like a command: ${program} upgrade NAME.`,
  ]
}

function commandHelp(command: ManifestCommand, program: string, width: number): string[] {
  // The judge is the helm plugin itself; `upgrade` is what is meant where no command is named.
  const name =
    command.id === 'upgrade-check' && program.startsWith('helm') ? '' : ` ${command.id.replaceAll(':', ' ')}`
  const args = Object.values(command.args)
  const words = args.map((arg) => (arg.required ? arg.name.toUpperCase() : `[${arg.name.toUpperCase()}]`))
  return [
    wrap(sentence(command.summary ?? ''), width),
    ...(command.description ? ['', wrap(command.description, width)] : []),
    '',
    'USAGE',
    `  ${[program + name, ...words, '[flags]'].join(' ')}`,
    '',
    ...section(
      'WORDS',
      args.map((arg) => [arg.name.toUpperCase(), arg.description ?? '']),
      width,
    ),
    ...flagLines(Object.values(command.flags), width),
    ...exampleLines(command, width),
    ...exitCodeLines(width),
  ]
}

function flagLines(flags: ManifestFlag[], width: number): string[] {
  const shown = flags.filter(({ hidden }) => !hidden)
  return groups.flatMap((group) => {
    const rows = shown
      .filter(({ helpGroup }) => helpGroup === group)
      .map((flag) => [label(flag), explanation(flag)])
    return section(`${group.toUpperCase()} FLAGS`, rows, width)
  })
}

function label(flag: ManifestFlag): string {
  const short = flag.char === undefined ? '    ' : `-${flag.char}, `
  const names = [flag.name, ...(flag.aliases ?? [])].map((name) => `--${name}`).join(', ')
  if (flag.type === 'boolean') return short + names
  return `${short}${names} ${flag.options ? flag.options.join('|') : flag.name.toUpperCase().replaceAll('-', '_')}`
}

function explanation(flag: ManifestFlag): string {
  const preset = typeof flag.default === 'string' ? ` (default ${flag.default})` : ''
  return (flag.description ?? '') + preset
}

function exampleLines({ examples }: ManifestCommand, width: number): string[] {
  return section(
    'EXAMPLES',
    (examples ?? []).map((example) => [example]),
    Math.max(width, 200),
  )
}

function exitCodeLines(width: number): string[] {
  const rows = exitCodeTexts.map(([code, text]) => [String(code), text])
  return ['EXIT CODES', ...table(rows, width, 2)]
}

function section(title: string, rows: readonly (readonly string[])[], width: number): string[] {
  return rows.length === 0 ? [] : [title, ...table(rows, width, 2), '']
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`
}
