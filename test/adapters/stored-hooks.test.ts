import assert from 'node:assert/strict'
import fc from 'fast-check'
import { storedHooks } from '../../src/adapters/stored-hooks.js'
import type { Json } from '../../src/model/values.js'

const manifest =
  'apiVersion: batch/v1\nkind: Job\nmetadata: {name: crds, namespace: other}\ndata: {token: s3cr3t}'

describe('stored hooks', () => {
  const read = (last_run: Json, text = manifest): unknown => {
    const hook = { name: 'crds', kind: 'Job', manifest: text, events: ['pre-upgrade'], last_run }
    return storedHooks({ namespace: 'n', hooks: [hook] })[0]
  }
  const object = { apiVersion: 'batch/v1', kind: 'Job', namespace: 'other', name: 'crds' }

  it('tell how helm saw them end, or that it did not run them, and keep nothing of their manifest', () => {
    const ran = { started_at: '2026-01-01T00:00:00Z', completed_at: '', phase: 'Succeeded' }
    assert.deepEqual(read(ran), { object, events: ['pre-upgrade'], lastPhase: 'Succeeded' })
    assert.deepEqual(read({ started_at: '', completed_at: '', phase: '' }), {
      object,
      events: ['pre-upgrade'],
    })
    assert.deepEqual(read({ ...ran, phase: 'New' }), {
      object,
      events: ['pre-upgrade'],
      lastPhase: 'Unknown',
    })
    assert.ok(!JSON.stringify(read(ran)).includes('s3cr3t'))
  })

  it('are read whatever is stored', () => {
    const bare = read({}, '{ no: [yaml') as { object: object }
    assert.deepEqual(bare.object, { ...object, apiVersion: '', namespace: 'n' })
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.string(), (any, hook, text) => {
        const all = storedHooks({ hooks: [any, hook, { manifest: text, events: any }] } as Json)
        assert.equal(all.length, 3)
      }),
    )
  })
})
