import assert from 'node:assert/strict'
import fc from 'fast-check'
import { changedObject } from '../../src/adapters/raw-writer.js'
import { rawObjectOf } from '../../src/adapters/raw-pages.js'

const server = '"uid":"old","resourceVersion":"7","generation":3,"creationTimestamp":"2026-01-01T00:00:00Z"'

describe('changedObject', () => {
  it('leaves out what only the server writes and keeps every other byte', () => {
    const spec = '{"n":9223372036854775807, "d":"2001-12-14t21:59:43.10-05:00","f":1e400,"t":"\\u0000 📚"}'
    const raw = `{"metadata":{${server},"name":"a","managedFields":[{}],"labels":{"b":"c"}},"spec":${spec}}`
    assert.equal(changedObject(raw, []), `{"metadata":{"name":"a","labels":{"b":"c"}},"spec":${spec}}`)
  })

  it('names owners by their new uids, leaves out those that are gone, keeps the others', () => {
    const owner = (uid: string): string => `{"kind":"K","uid":"${uid}", "controller":true}`
    const raw = `{"metadata":{"name":"a","ownerReferences":[${['o1', 'o2', 'o3'].map(owner).join(',')}]}}`
    const uids = new Map([
      ['o1', 'n1'],
      ['o2', ''],
    ])
    const changed = changedObject(raw, [], { uids })
    assert.equal(changed, `{"metadata":{"name":"a","ownerReferences":[${owner('n1')},${owner('o3')}]}}`)
    const alone = `{"metadata":{"name":"a","ownerReferences":[${owner('o2')}]}}`
    assert.equal(changedObject(alone, [], { uids }), '{"metadata":{"name":"a"}}')
  })

  it('sets a member wherever it is, and makes it where it is not', () => {
    const set = (raw: string): string =>
      changedObject(raw, [], { fields: [{ path: ['spec', 'c', 'bits'], value: 2048 }] })
    assert.equal(set('{"spec":{"c":{"a":1.0},"z":2}}'), '{"spec":{"c":{"a":1.0,"bits":2048},"z":2}}')
    assert.equal(set('{"spec":{"c":{"bits": 1}}}'), '{"spec":{"c":{"bits": 2048}}}')
    assert.equal(set('{"spec":{}}'), '{"spec":{"c":{"bits":2048}}}')
  })

  it('keeps the digests of any object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (labels, spec) => {
        const raw = JSON.stringify({ metadata: { name: 'a', uid: 'u', labels }, spec })
        const [before, after] = [rawObjectOf(raw), rawObjectOf(changedObject(raw, ['"uid":"new"']))]
        assert.equal(after.specDigest, before.specDigest)
        assert.equal(after.labelsDigest, before.labelsDigest)
        assert.equal(after.uid, 'new')
      }),
    )
  })
})
