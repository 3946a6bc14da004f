import assert from 'node:assert/strict'
import fc from 'fast-check'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseYaml, parseYamlDocuments, readLeniently, readQuickly } from '../src/kubernetes-yaml.js'

const charts = fileURLToPath(new URL('charts', import.meta.url))

describe('YAML as Kubernetes reads it', () => {
  it('takes YAML 1.1 scalars, and leaves dates and times texts', () => {
    const text = 'a: yes\nb: off\nc: 0777\nd: 2020-01-01\ne: 12:30\nf: 1e3\ng: ~\nh: 1_000\ni: "yes"\n'
    const expected = {
      a: true,
      b: false,
      c: 511,
      d: '2020-01-01',
      e: '12:30',
      f: 1000,
      g: null,
      h: 1000,
      i: 'yes',
    }
    assert.deepEqual(parseYaml(text), expected)
    assert.deepEqual(readLeniently(text), [expected])
  })

  it('reads what stands in brackets at any column, as helm does and js-yaml does not', () => {
    const args = 'spec:\n  args: [\n    "--a", "b"\n  ]\n  env: {\n    a: [\n    ] }\n  c: 1\n'
    const texts = '  quoted: ["x\n  ]  y"\n]\n  plain: [\na\nb]\n  folded: |\n    [\n    ]\n'
    const expected = {
      ...{ args: ['--a', 'b'], env: { a: [] }, c: 1 },
      ...{ quoted: ['x ]  y'], plain: ['a b'], folded: '[\n]\n' },
    }
    for (const text of [args + texts, `\ufeff${args}${texts}`]) {
      assert.deepEqual(readQuickly(text), [{ spec: expected }])
    }
    const { quoted: _quoted, plain: _plain, folded: _folded, ...rest } = expected
    assert.deepEqual(readLeniently(args), [{ spec: rest }])
  })

  it('gives up where too many lines would have to be moved', () => {
    assert.equal(readQuickly('a:\n  b: [1\n  ]\n'.replace('1', '1,\n  '.repeat(30))), undefined)
  })

  it('reads the same by both libraries: every YAML file of our charts that has no templates', () => {
    const files = readdirSync(charts, { recursive: true, encoding: 'utf8' })
    const plain = files.filter((file) => /\.ya?ml$/.test(file) && !file.includes('templates'))
    assert.ok(plain.length > 20)
    for (const file of plain) {
      const text = readFileSync(join(charts, file), 'utf8')
      const quick = readQuickly(text)
      if (quick !== undefined) assert.deepEqual(quick, readLeniently(text), file)
    }
  })

  it('reads JSON by either as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value)
        const expected = JSON.parse(text) as unknown
        assert.deepEqual(parseYamlDocuments(text).length, 1)
        assert.deepEqual(JSON.stringify(parseYaml(text)), JSON.stringify(expected))
      }),
    )
  })

  it('answers or throws an Error, whatever the text', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom('---', 'a: [', '- b', '&a [*a]', '? x', '  c: |', '{', '%TAG'),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
        try {
          assert.ok(Array.isArray(parseYamlDocuments(lines.join('\n'))))
        } catch (error) {
          assert.ok(error instanceof Error)
        }
      }),
    )
  })
})
