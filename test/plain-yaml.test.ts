import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { dump } from 'js-yaml'
import { stringify } from 'yaml'
import { parseWithLibrary, parseYamlDocuments } from '../src/kubernetes-yaml.js'
import { readPlainYaml } from '../src/plain-yaml.js'
import { chartsFolder } from './support/mesh-on-bed.js'

/** What the library makes of a text; undefined where it refuses it. */
function library(text: string): unknown[] | undefined {
  try {
    return parseWithLibrary(text)
  } catch {
    return undefined
  }
}

/** Both readers agree, or the quick one leaves the text to the library. */
function agrees(text: string): void {
  const quick = readPlainYaml(text, (value) => {
    const [found] = value === '~' || /^null$/i.test(value) ? [null] : parseWithLibrary(value)
    return found
  })
  if (quick !== undefined) assert.deepEqual(quick, library(text), text)
}

describe('plain YAML', () => {
  it('is what most files of charts are made of, and is read as the library reads it', () => {
    const files = readdirSync(chartsFolder, { recursive: true, encoding: 'utf8' })
    const texts = files
      .filter((file) => /\.ya?ml$/.test(file) && !file.includes('templates'))
      .map((file) => readFileSync(join(chartsFolder, file), 'utf8'))
    for (const text of texts) assert.deepEqual(parseYamlDocuments(text), parseWithLibrary(text))
    const plain = texts.filter((text) => readPlainYaml(text, (value) => value) !== undefined)
    assert.ok(plain.length > texts.length / 2, `${plain.length} of ${texts.length}`)
  })

  it('gives up on what it does not know', () => {
    const texts = ['a: &x 1', 'a: *x', 'a: !!str 1', 'a: >\n  b', 'a: "b\n  c"', 'yes: 1', '<<: {}', '? a']
    const others = ['a: b: c', 'a: - b', 'a:\tb', 'a: b # c', '- a', 'a: "b": c', 'a: |\n  b', '- - a']
    for (const text of [...texts, ...others])
      assert.equal(
        readPlainYaml(text, () => 1),
        undefined,
        text,
      )
  })

  it('agrees with the library on what both of two programs write', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        agrees(dump(value))
        agrees(stringify(value))
      }),
    )
    const words = fc.constantFrom(
      'a',
      'some words',
      'x: y',
      'yes',
      '10',
      '0.9.2',
      '-',
      '#',
      'two\nlines\n',
      "it's",
      '',
    )
    const text = fc.array(words, { maxLength: 12 }).map((parts) => parts.join(' '))
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.dictionary(fc.constantFrom('a', 'b-c', 'x.y/z', 'on'), tie('tree')),
        fc.array(tie('tree')),
      ),
    }))
    fc.assert(
      fc.property(tree, (value) => {
        agrees(dump({ value }))
        agrees(stringify({ value }, { lineWidth: 20 }))
      }),
      { numRuns: 500 },
    )
  })

  it('agrees with the library on any lines', () => {
    const key = fc.constantFrom('a', 'b-c', 'x.y/z', '"q"', "'s'", '- a', '- "k"', '$ref', 'on', '1', '- - a')
    const scalars = [
      'text',
      'two words',
      '0.9.2',
      '12',
      '010',
      '1e3',
      'yes',
      '~',
      '-',
      '- x',
      'a:b',
      'c: d',
      'e #f',
    ]
    const marks = [
      '"x"',
      "'it''s'",
      '"\\n"',
      '[a, b]',
      '{ a: 1 }',
      '{}',
      '[',
      '|',
      '|-',
      '>',
      '|+',
      '&a 1',
      '*a',
      '---',
    ]
    const value = fc.constantFrom(
      '',
      ...scalars,
      ...marks,
      '0x1f',
      '12:30',
      '2020-01-01',
      '1_000',
      '.5',
      'null',
      '#c',
    )
    const entry = fc.tuple(key, value).map(([name, text]) => `${name}: ${text}`)
    const item = value.map((text) => `- ${text}`)
    const words = fc.constantFrom(
      'more text',
      '',
      '# note',
      '---',
      '- y',
      'word:',
      '  deep',
      ']',
      ']',
      '}',
      '"i", j,',
      'k',
    )
    const line = fc
      .tuple(fc.nat({ max: 3 }), fc.oneof(entry, entry, item, words))
      .map(([depth, text]) => `${'  '.repeat(depth).slice(0, depth * 2)}${text}`)
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 7 }), fc.boolean(), (lines, ends) => {
        agrees(lines.join('\n') + (ends ? '\n' : ''))
      }),
      { numRuns: 3000 },
    )
  })
})
