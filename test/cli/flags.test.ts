/** Every flag of every command in every spelling, under every name of the program. */
import assert from 'node:assert/strict'
import { chooseCommand } from '../../src/cli/argv.js'
import { programOf, type Program } from '../../src/cli/program.js'
import { upgradeRequest } from '../../src/cli/request.js'
import { readWords, type FlagShape, type FlagValues } from '../../src/cli/words.js'
import { commands } from './shapes.js'

const kubectlNames = ['kubectl-mesh_upgrade', 'kubectl-mesh-upgrade'].map((name) => programOf(name, {}))
const helm = programOf('run.js', { HELM_PLUGIN_NAME: 'upgrade-check' })

type Spelling = [words: string[], value: FlagValues[string]]

/** The flag's own value, an alternative where there is one. */
function sampleValue({ options, default: usual }: FlagShape): string {
  return options?.find((option) => option !== usual) ?? 'x=1,y'
}

function spellings(flag: FlagShape): Spelling[] {
  const long = [flag.name, ...(flag.aliases ?? [])].map((name) => `--${name}`)
  const short = flag.char ? [`-${flag.char}`] : []
  if (flag.type === 'boolean') return [...long, ...short].flatMap(booleanSpellings)
  const value = sampleValue(flag)
  const kept = flag.multiple ? [value] : value
  const withEquals: Spelling[] = [...long, ...short].map((name) => [[`${name}=${value}`], kept])
  // A value in a word of its own would be a word like any other.
  if (bare[flag.name] !== undefined)
    return [...withEquals, ...long.map((name): Spelling => [[name], bare[flag.name] ?? ''])]
  const inTwoWords: Spelling[] = [...long, ...short].map((name) => [[name, value], kept])
  return [...withEquals, ...inTwoWords, ...short.map((name): Spelling => [[`${name}${value}`], kept])]
}

/** What a flag means without a value, where it may have one. */
const bare: Record<string, string> = { 'dry-run': 'client', wait: 'true' }

function booleanSpellings(name: string): Spelling[] {
  const meanings: [string, boolean][] = [
    ...['', '=true', '=True', '=t', '=1'].map((text): [string, boolean] => [text, true]),
    ...['=false', '=False', '=f', '=0'].map((text): [string, boolean] => [text, false]),
  ]
  return meanings.map(([text, value]) => [[`${name}${text}`], value])
}

/** What the program makes of a line: the flags that the command gets. */
function flagsOf(words: string[], program: Program): { command: string; flags: FlagValues } {
  const choice = chooseCommand(words, commands, program)
  assert.equal(choice.type, 'run', `${words.join(' ')}: ${JSON.stringify(choice)}`)
  if (choice.type !== 'run') throw new Error('unreachable')
  const read = readWords(choice.words, commands[choice.command]!)
  assert.equal(read.misuse, undefined)
  return { command: choice.command, flags: read.flags }
}

describe('flags', () => {
  for (const program of [...kubectlNames, helm]) {
    const ids = Object.keys(commands).filter((id) => (id === 'upgrade-check') === (program.mode === 'helm'))
    for (const id of ids) {
      it(`of ${program.name}${program.mode === 'helm' ? '' : ` ${id}`} are read in all their spellings`, () => {
        const flags = Object.values(commands[id]!.flags).filter(
          ({ name }) => !['help', 'troubleshoot'].includes(name),
        )
        const name = program.mode === 'helm' ? [] : [id]
        const argument = Object.values(commands[id]!.args).length > 0 ? ['osm'] : []
        for (const flag of flags) {
          for (const [words, value] of spellings(flag)) {
            for (const line of [
              [...name, ...argument, ...words],
              [...name, ...words, ...argument],
              [...words, ...name, ...argument],
            ]) {
              const found = flagsOf(line, program)
              assert.equal(found.command, id, line.join(' '))
              assert.deepEqual(found.flags[flag.name], value, line.join(' '))
            }
          }
        }
      })
    }

    it(`--help of ${program.name} is true or false like any other`, () => {
      for (const word of ['--help', '-h', '--help=true', '-h=true'])
        assert.equal(chooseCommand(['osm', word], commands, program).type, 'help', word)
      for (const word of ['--help=false', '-h=0'])
        assert.equal(chooseCommand(['osm', word], commands, program).type, 'run', word)
    })
  }

  for (const program of kubectlNames) {
    it(`${program.name} is upgrade where no command is named, with every flag`, () => {
      for (const flag of Object.values(commands.upgrade!.flags)) {
        if (['help', 'troubleshoot'].includes(flag.name)) continue
        for (const [words, value] of spellings(flag)) {
          const found = flagsOf([...words, 'osm', './chart'], program)
          assert.deepEqual([found.command, found.flags[flag.name]], ['upgrade', value], words.join(' '))
        }
      }
    })
  }

  it('are those of the design', () => {
    const built =
      'namespace kube-context context kubeconfig to version devel values set set-string set-file set-json set-literal ' +
      'reset-values reuse-values reset-then-reuse-values repo username password ca-file insecure-skip-tls-verify ' +
      'plain-http verify keyring timeout wait no-hooks description history-max take-ownership post-renderer crds ' +
      'crds-from output detailed-exitcode yes confirm accept release-notes images no-color quiet debug as token ' +
      'request-timeout dry-run troubleshoot on-failure rollback-timeout atomic rollback-on-failure hook hook-timeout ' +
      'hook-deadline notify out'
    const known = Object.values(commands.upgrade!.flags).flatMap(({ name, aliases = [] }) => [
      name,
      ...aliases,
    ])
    assert.deepEqual(
      built.split(' ').filter((name) => !known.includes(name)),
      [],
    )
  })

  it('keep the contract of okctl: --debug, --dry-run and --confirm as --flag=bool', () => {
    for (const program of kubectlNames) {
      const read = (...words: string[]): FlagValues => flagsOf(words, program).flags
      for (const [word, value] of [
        ['--debug', true],
        ['--debug=true', true],
        ['--debug=false', false],
      ] as const)
        assert.equal(read(word).debug, value, word)
      for (const [word, value] of [
        ['--confirm', true],
        ['--confirm=true', true],
        ['--confirm=false', false],
      ] as const)
        assert.equal(read(word).yes, value, word)
      for (const [word, value] of [
        ['--dry-run', 'client'],
        ['--dry-run=true', 'client'],
        ['--dry-run=false', 'none'],
      ] as const)
        assert.equal(read(word)['dry-run'], value, word)
      const all = read('--debug=true', '--dry-run=true', '--confirm=true', 'osm')
      assert.deepEqual([all.debug, all['dry-run'], all.yes], [true, 'client', true])
    }
  })

  it('of a run need permissions, those of a plan only tell of them', () => {
    const permissions = (words: string[], id = 'upgrade'): string =>
      upgradeRequest(readWords(words, commands[id]!)).permissions
    assert.deepEqual(
      [
        permissions([]),
        permissions(['--dry-run=false']),
        permissions(['--dry-run']),
        permissions([], 'plan'),
      ],
      ['to-run', 'to-run', 'to-know', 'to-know'],
    )
  })
})
