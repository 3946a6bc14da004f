import assert from 'node:assert/strict'
import fc from 'fast-check'
import { holds } from '../../src/adapters/read-back.js'

describe('reading a write back', () => {
  it('finds what was sent among what the server added', () => {
    const sent = {
      metadata: { name: 'a', labels: {} },
      spec: { renewTime: '2026-11-21T13:00:00.100Z', n: [1] },
    }
    const there = {
      metadata: { name: 'a', uid: 'u' },
      spec: { renewTime: '2026-11-21T13:00:00.100000Z', n: [1], added: true },
    }
    assert.equal(holds(there, sent), true)
  })

  it('takes what is empty for what is not there, but not for what is', () => {
    assert.equal(holds({}, { a: '', b: null, c: {}, d: [] }), true)
    assert.equal(holds({ labels: { a: 'b' } }, { labels: {} }), false)
  })

  for (const [title, there] of Object.entries({
    'another value': { holder: 'other', list: [1, 2] },
    'a value that is gone': { list: [1, 2] },
    'a shorter list': { holder: 'me', list: [1] },
    'a longer list': { holder: 'me', list: [1, 2, 3] },
    nothing: undefined,
  })) {
    it(`does not take for ours: ${title}`, () => {
      assert.equal(holds(there, { holder: 'me', list: [1, 2] }), false)
    })
  }

  it('takes no time for another, and finds every JSON in itself', () => {
    assert.equal(holds('2026-11-21T13:00:01Z', '2026-11-21T13:00:00Z'), false)
    fc.assert(fc.property(fc.jsonValue(), (value) => holds(value, value)))
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (there, sent) => typeof holds(there, sent) === 'boolean'),
    )
  })
})
