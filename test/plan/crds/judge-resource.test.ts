import assert from 'node:assert/strict'
import fc from 'fast-check'
import { judgeResource, pathText } from '../../../src/plan/crds/judge-resource.js'
import type { Json } from '../../../src/model/values.js'

/** Problems of a `spec` under a schema, as text. */
function problems(spec: Json, schema: Json): string[] {
  const judged = judgeResource({ spec }, { type: 'object', properties: { spec: schema } })
  return judged.problems.map(({ path, message }) => `${pathText(path)} ${message}`)
}

describe('judgeResource', () => {
  it('finds what the API server would refuse', () => {
    const schema = {
      type: 'object',
      required: ['size', 'kind'],
      properties: {
        size: { type: 'integer', minimum: 1 },
        kind: { type: 'string', enum: ['a', 'b'] },
        name: { type: 'string', pattern: '^[a-z]+$', maxLength: 3 },
        list: { type: 'array', minItems: 1, items: { type: 'object', required: ['x'] } },
        port: { 'x-kubernetes-int-or-string': true },
      },
    }
    assert.deepEqual(
      problems({ size: 1, kind: 'a', name: 'abc', list: [{ x: 1 }], port: 'http' }, schema),
      [],
    )
    assert.deepEqual(problems({}, schema), ['.spec.size is required', '.spec.kind is required'])
    assert.deepEqual(problems({ size: 0, kind: 'c', name: 'A', list: [], port: 1.5 }, schema), [
      '.spec.size must be at least 1',
      '.spec.kind must be one of "a", "b"',
      '.spec.name must match ^[a-z]+$',
      '.spec.list must be at least 1 items',
      '.spec.port must be an integer or a string',
    ])
    assert.deepEqual(problems({ size: '1', kind: 'a', list: [{}] }, schema), [
      '.spec.size must be of type integer',
      '.spec.list[0].x is required',
    ])
  })

  it('knows that defaults fill what is required, and that null gives way to one', () => {
    const schema = { type: 'object', required: ['a'], properties: { a: { type: 'string', default: 'x' } } }
    assert.deepEqual(problems({}, schema), [])
    assert.deepEqual(problems({ a: null }, schema), [])
    const bare = {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string', nullable: true } },
    }
    assert.deepEqual(problems({ a: null, b: null }, bare), ['.spec.a must not be null'])
  })

  it('tells fields that are dropped, but not what is preserved', () => {
    const lost = (spec: Json, schema: Json): string[] =>
      judgeResource({ kind: 'K', metadata: {}, spec }, { properties: { spec: schema } }).lost.map(pathText)
    assert.deepEqual(lost({ a: { b: 1 } }, { properties: { a: { type: 'object' } } }), ['.spec.a.b'])
    assert.deepEqual(lost({ a: 1 }, { 'x-kubernetes-preserve-unknown-fields': true }), [])
    assert.deepEqual(lost({ a: 'x' }, { additionalProperties: { type: 'string' } }), [])
  })

  it('is total: any object under any schema is judged', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (object, schema) => {
        judgeResource(object, schema as Json)
      }),
    )
  })

  it('finds nothing wrong with numbers that a double does not hold', () => {
    const big = JSON.parse('{"spec":{"n":9223372036854775807}}') as Json
    const schema = { properties: { spec: { properties: { n: { type: 'integer', format: 'int64' } } } } }
    assert.deepEqual(judgeResource(big, schema), { problems: [], lost: [] })
  })
})
