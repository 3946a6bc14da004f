import assert from 'node:assert/strict'
import { SecretRegistry } from '../../src/adapters/secret-registry.js'
import type { KubeObject } from '../../src/model/kube-object.js'

const base64 = (text: string): string => Buffer.from(text).toString('base64')
const secretObject = (data: Record<string, string>, type = 'Opaque'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'x' },
  type,
  data,
})

describe('secret registry', () => {
  it('hides what was read after the function was handed out', () => {
    const secrets = new SecretRegistry()
    const { redact } = secrets
    assert.equal(redact('the s3cret-word'), 'the s3cret-word')
    secrets.add('s3cret-word', undefined, '')
    assert.equal(redact('the s3cret-word'), 'the (hidden)')
    secrets.addValues({ vault: { token: 'abcdef', host: 'vault.example' } })
    assert.equal(redact('abcdef vault.example'), '(hidden) vault.example')
  })

  it('hides the content of Secrets, decoded and encoded, but not the names of things in them', () => {
    const secrets = new SecretRegistry()
    secrets.addSecretObject(secretObject({ password: base64('short'), namespace: base64('osm-system') }))
    secrets.addSecretObject(secretObject({ blob: base64('a much longer text than a name') }))
    assert.equal(secrets.redact(`short osm-system ${base64('short')}`), '(hidden) osm-system (hidden)')
    assert.equal(secrets.redact('a much longer text than a name'), '(hidden)')
  })

  it("leaves helm's storage alone: it is no text but a release", () => {
    const secrets = new SecretRegistry()
    secrets.addSecretObject(
      secretObject({ release: base64('a whole release, packed') }, 'helm.sh/release.v1'),
    )
    assert.equal(secrets.redact('a whole release, packed'), 'a whole release, packed')
  })
})
