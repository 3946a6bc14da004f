import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import {
  credentialTexts,
  displayValue,
  redactSecretObject,
  secretTexts,
  textRedactor,
} from '../../src/model/redaction.js'
import { sensitive } from '../../src/model/values.js'

describe('redaction', () => {
  it('finds secrets by the name of their key, not names of secrets', () => {
    const values = {
      vault: { token: 'abcd1234', tokenSecretName: 'my-secret' },
      db: { password: 'hunter22' },
    }
    assert.deepEqual(secretTexts(values), ['abcd1234', 'hunter22'])
  })

  it('finds what stands beside the name of a secret, and within a text', () => {
    const values = {
      env: [
        { name: 'DB_PASSWORD', value: 'hunter22' },
        { name: 'TOKEN_FILE', value: '/run/token' },
      ],
      dsn: 'host=h user=u password=hunter23 port=1',
      args: ['--password=hunter24', '--token-file=/run/token'],
      url: 'https://h/?token=hunter25&x=1',
      proxy: 'http://me:hunter26@proxy:3128',
      notes: 'password=true secretName: osm-ca-bundle; token=$TOKEN_12',
      prose: 'password: required; secret=/run/secrets/db1',
    }
    assert.deepEqual(secretTexts(values), ['hunter22', 'hunter23', 'hunter24', 'hunter25', 'hunter26'])
    for (const [key, value] of Object.entries(values))
      assert.doesNotMatch(displayValue([key], value), /hunter/, key)
  })

  it('takes no API field of an object for a secret', () => {
    const object = {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } },
      spec: {
        volumes: [{ name: 'ca', secret: { secretName: 'osm-ca-bundle' } }],
        containers: [{ env: [{ name: 'API_TOKEN', value: 'hunter22' }] }],
      },
    }
    assert.deepEqual(credentialTexts(object), ['hunter22'])
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
