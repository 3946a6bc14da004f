import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { redactSecretObject, secretTexts, textRedactor } from '../../src/model/redaction.js'
import { sensitive } from '../../src/model/values.js'

describe('redaction', () => {
  it('finds secrets by the name of their key, not names of secrets', () => {
    const values = {
      vault: { token: 'abcd1234', tokenSecretName: 'my-secret' },
      db: { password: 'hunter22' },
    }
    assert.deepEqual(secretTexts(values), ['abcd1234', 'hunter22'])
  })

  it('replaces a secret wherever it stands, the longest first', () => {
    const redact = textRedactor(['abcd', 'abcd1234'])
    assert.equal(redact('--vault-token=abcd1234 x abcd'), '--vault-token=(hidden) x (hidden)')
  })

  it('keeps neither data nor stringData of a Secret', () => {
    const object = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      data: { a: 'c2VjcmV0' },
      stringData: { b: 'plain' },
    }
    assert.ok(!/c2VjcmV0|plain/.test(JSON.stringify(redactSecretObject(object))))
  })

  it('prints and serialises a sensitive value as hidden', () => {
    const value = sensitive({ token: 'abcd1234' })
    for (const text of [JSON.stringify({ value }), `${String(value)}`, inspect(value, { depth: 5 })])
      assert.ok(!text.includes('abcd1234'))
    assert.deepEqual(value.reveal(), { token: 'abcd1234' })
  })
})
