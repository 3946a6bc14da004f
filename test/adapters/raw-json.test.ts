import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  parseSlice,
  RawJsonError,
  sliceElements,
  sliceList,
  sliceMembers,
} from '../../src/adapters/raw-json.js'
import { rawObjectOf } from '../../src/adapters/raw-pages.js'

/** JSON as someone else may write it: spaces anywhere, long numbers, escapes. */
const space = fc.constantFrom('', ' ', '\n', '\t ', '\r\n  ')
const number = fc.constantFrom(
  '0',
  '-1',
  '1.50',
  '9007199254740993',
  '1E+400',
  '-0.0',
  '12345678901234567890.10',
)
const text = fc.string({ unit: 'grapheme' }).map((value) => JSON.stringify(value))
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.constantFrom('true', 'false', 'null', '"\\u005c\\"}"', '"]"'),
    number,
    text,
    fc
      .array(fc.tuple(space, tie('json'), space).map((parts) => parts.join('')))
      .map((all) => `[${all.join(',')}]`),
    fc
      .array(fc.tuple(space, text, space, tie('json'), space))
      .map((all) => `{${all.map(([a, key, b, value, c]) => `${a}${key}${b}:${b}${value}${c}`).join(',')}}`),
  ),
}))
const members = fc.array(fc.tuple(text, space, json), { maxLength: 8 })

function outcome<T>(work: () => T): T | RawJsonError {
  try {
    return work()
  } catch (error) {
    if (error instanceof RawJsonError) return error
    throw error
  }
}

describe('raw JSON', () => {
  it('gives each member of an object exactly as it was written, whatever it is', () => {
    fc.assert(
      fc.property(members, space, (parts, around) => {
        const source = `${around}{${parts.map(([name, gap, value]) => `${gap}${name}${gap}:${gap}${value}${gap}`).join(',')}}${around}`
        assert.deepEqual(
          sliceMembers(source).map(({ name, raw }) => [name, raw]),
          parts.map(([name, , value]) => [JSON.parse(name) as string, value]),
        )
      }),
    )
  })

  it('gives each element of an array exactly as it was written, and the text again when joined', () => {
    fc.assert(
      fc.property(fc.array(json), (elements) => {
        const source = `[${elements.join(',')}]`
        assert.deepEqual(sliceElements(source), elements)
        assert.equal(`[${sliceElements(source).join(',')}]`, source)
      }),
    )
  })

  it('reads a list: items as bytes, continue token and resourceVersion decoded', () => {
    fc.assert(
      fc.property(fc.array(json), fc.string(), (items, token) => {
        const metadata = JSON.stringify({ resourceVersion: '7', continue: token, remainingItemCount: 3 })
        const list = sliceList(
          `{"kind":"List","apiVersion":"v1","metadata":${metadata},"items":[${items.join(', ')}]}\n`,
        )
        assert.deepEqual(list, { items, continueToken: token, resourceVersion: '7' })
      }),
    )
  })

  it('reads a list whose items are null', () => {
    assert.deepEqual(sliceList('{"metadata":{},"items":null}').items, [])
  })

  it('ends on every text with slices or a RawJsonError, also where a good text is cut off', () => {
    const hostile = fc.oneof(
      fc.string(),
      fc.tuple(json, fc.nat()).map(([whole, at]) => whole.slice(0, at % (whole.length + 1))),
      fc.stringMatching(/^[[\]{}",:\\0-9a-z -]{0,40}$/),
    )
    fc.assert(
      fc.property(hostile, (source) => {
        for (const slice of [sliceMembers, sliceElements, sliceList, rawObjectOf]) {
          outcome<unknown>(() => slice(source))
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('takes every object that JSON.parse takes, and its slices parse to the same', () => {
    fc.assert(
      fc.property(json, (source) => {
        if (!source.startsWith('{')) return
        const sliced = Object.fromEntries(
          sliceMembers(source).map(({ name, raw }) => [name, parseSlice(raw)]),
        )
        assert.deepEqual(sliced, JSON.parse(source))
      }),
    )
  })

  it('does not recurse: a hundred thousand brackets are read', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    assert.deepEqual(sliceMembers(`{"spec":${deep}}`), [{ name: 'spec', raw: deep }])
  })

  it('needs time in proportion to the text, also for a text full of backslashes', function () {
    this.timeout(2000)
    const hostile = `{"a":"${'\\\\'.repeat(500_000)}"}`
    assert.equal(sliceMembers(hostile)[0]?.raw.length, 1_000_002)
    assert.ok(outcome(() => sliceMembers(`{"a":"${'\\"'.repeat(500_000)}`)) instanceof RawJsonError)
  })
})

describe('raw object', () => {
  const object = (spec: string, rest = ''): string =>
    `{"apiVersion":"x/v1","kind":"X","metadata":{"name":"n","namespace":"s","uid":"u"${rest}},"spec":${spec},"status":{"a":1}}`

  it('digests what is not apiVersion, kind, metadata and status, to the last digit', () => {
    const digest = (raw: string): string => rawObjectOf(raw).specDigest
    assert.equal(digest(object('{"n":1}')), digest(object('{"n":1}', ',"resourceVersion":"9"')))
    assert.notEqual(digest(object('{"n":9007199254740992}')), digest(object('{"n":9007199254740993}')))
    assert.notEqual(digest(object('{"n":1}')), digest(object('{"n":1.0}')))
  })

  it('digests labels and annotations whatever their order', () => {
    const labels = (text: string): string => rawObjectOf(object('{}', `,"labels":{${text}}`)).labelsDigest
    assert.equal(labels('"a":"1","b":"2"'), labels('"b":"2","a":"1"'))
    assert.notEqual(labels('"a":"1"'), labels('"a":"2"'))
  })
})
