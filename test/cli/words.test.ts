import assert from 'node:assert/strict'
import fc from 'fast-check'
import { readWords, scanWords, type FlagValues } from '../../src/cli/words.js'
import { commands } from './shapes.js'

const upgrade = commands.upgrade!
const read = (...words: string[]): ReturnType<typeof readWords> => readWords(words, upgrade)
const flags = (...words: string[]): FlagValues => read(...words).flags

describe('readWords', () => {
  it('reads a boolean flag with and without its value, as Go does', () => {
    for (const word of ['--yes', '-y', '--confirm', '--yes=true', '--confirm=1', '--yes=T', '-y=true']) {
      assert.equal(flags(word).yes, true, word)
    }
    for (const word of ['--yes=false', '--confirm=false', '--yes=0', '--yes=F'])
      assert.equal(flags(word).yes, false, word)
  })

  it('lets the last of a repeated flag win', () => {
    assert.equal(flags('--yes', '--yes=false').yes, false)
    assert.equal(flags('--to', '1', '--to=2').to, '2')
  })

  it('takes a value after a space, an equals sign or the letter', () => {
    for (const words of [['-n', 'osm'], ['-n=osm'], ['-nosm'], ['--namespace', 'osm'], ['--namespace=osm']]) {
      assert.equal(flags(...words).namespace, 'osm', words.join(' '))
    }
  })

  it('reads several letters in one word', () => {
    assert.deepEqual([flags('-qy').quiet, flags('-qy').yes, flags('-qnosm').namespace], [true, true, 'osm'])
  })

  it('takes values that look like flags, are empty or hold equals signs', () => {
    assert.deepEqual(flags('--set', '--yes', '--set=a=b=c', '--set=', '--set', '-1').set, [
      '--yes',
      'a=b=c',
      '',
      '-1',
    ])
    assert.equal(flags('--set', '--yes').yes, undefined)
  })

  it('keeps the order of values files and of each kind of --set', () => {
    const { values, set } = flags('-f', 'a', '--set', 'x=1', '--values', 'b', '--set=y=2', '-fc')
    assert.deepEqual(
      [values, set],
      [
        ['a', 'b', 'c'],
        ['x=1', 'y=2'],
      ],
    )
  })

  it('reads --dry-run as kubectl and helm do: a value only behind the equals sign', () => {
    const meaning: Record<string, string> = {
      '--dry-run': 'client',
      '--dry-run=client': 'client',
      '--dry-run=server': 'server',
      '--dry-run=none': 'none',
      '--dry-run=true': 'client',
      '--dry-run=false': 'none',
    }
    for (const [word, value] of Object.entries(meaning)) assert.equal(flags(word)['dry-run'], value, word)
    assert.equal(flags()['dry-run'], 'none')
    assert.equal(read('--dry-run', 'osm').args.release, 'osm')
  })

  it('takes helm names and kubectl names for the same flag', () => {
    assert.equal(flags('--version', '0.11.1').to, '0.11.1')
    assert.equal(flags('--context', 'prod')['kube-context'], 'prod')
  })

  it('hands on what stands after --', () => {
    const result = read('osm', '--', '--set-flag', 'osm')
    assert.deepEqual(
      [result.args, result.rest, result.misuse],
      [{ release: 'osm' }, ['--set-flag', 'osm'], undefined],
    )
  })

  it('says in one line what is wrong', () => {
    const cases: Record<string, string> = {
      '--bogus': 'unknown flag: --bogus',
      '--namespce=x': 'unknown flag: --namespce (did you mean --namespace?)',
      '--toString': 'unknown flag: --toString',
      '-z': 'unknown flag: -z',
      '--to': 'flag needs a value: --to',
      '-f': 'flag needs a value: -f',
      '--yes=maybe': '--yes takes true or false, not "maybe"',
      '--images=all': '--images takes keep, chart or as-is, not "all"',
      '--dry-run=sure': '--dry-run takes none, client or server, not "sure"',
      '--output=xml': '--output takes text, json or yaml, not "xml"',
    }
    for (const [word, message] of Object.entries(cases)) assert.equal(read(word).misuse, message, word)
    assert.match(read('a', 'b', 'c').misuse ?? '', /unexpected word "c": upgrade takes RELEASE and CHART/)
  })

  it('refuses what is not built yet by name', () => {
    assert.match(read('--bundle=x').misuse ?? '', /is not available yet/)
  })

  const anyWord = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '--',
      '-',
      '--yes',
      '-y',
      '-n',
      '--set',
      '--to=1',
      '-qyn',
      '--dry-run',
      '--=',
      '-=',
      '--output=x',
    ),
  )

  it('is total, and every word of argv belongs to exactly one token', () => {
    fc.assert(
      fc.property(fc.array(anyWord), (argv) => {
        const tokens = scanWords(argv, Object.values(upgrade.flags))
        const taken = new Map<number, number>()
        for (const { at, length } of tokens)
          for (let i = at; i < at + length; i++) taken.set(i, (taken.get(i) ?? 0) + 1)
        const letters = (index: number): boolean => /^-[^-]/.test(argv[index] ?? '')
        argv.forEach((_, index) => assert.ok((taken.get(index) ?? 0) === 1 || letters(index), argv.join(' ')))
        readWords(argv, upgrade)
      }),
    )
  })

  it('reads back every value of every flag that is written as --name=value', () => {
    const options = Object.values(upgrade.flags).filter((flag) => flag.type === 'option' && !flag.options)
    fc.assert(
      fc.property(fc.constantFrom(...options), fc.string(), (flag, value) => {
        const found = readWords([`--${flag.name}=${value}`], upgrade)
        assert.deepEqual(found.flags[flag.name], flag.multiple ? [value] : value)
        assert.equal(found.misuse, undefined)
      }),
    )
  })

  it('reads the same from two words as from one', () => {
    const options = Object.values(upgrade.flags).filter((flag) => flag.type === 'option' && !flag.options)
    fc.assert(
      fc.property(fc.constantFrom(...options), fc.string(), (flag, value) => {
        // A bare -- is a value like any other behind a flag that needs one.
        assert.deepEqual(read(`--${flag.name}`, value), read(`--${flag.name}=${value}`))
      }),
    )
  })
})
