import assert from 'node:assert/strict'
import { proxyFor } from '../../src/adapters/proxy-environment.js'

describe('proxy of the environment', () => {
  const server = 'https://api.prod.example.org:6443'
  const proxied = (target: string, NO_PROXY = ''): boolean =>
    proxyFor(target, { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY }) !== undefined

  it('is that of the scheme, with a scheme of its own', () => {
    assert.equal(proxyFor(server, { HTTPS_PROXY: 'proxy:3128' }), 'http://proxy:3128')
    assert.equal(proxyFor(server, { https_proxy: 'http://p' }), 'http://p')
    assert.equal(proxyFor(server, { HTTP_PROXY: 'http://p' }), undefined)
    assert.equal(proxyFor(server, {}), undefined)
  })

  it('is not used for loopback and for what NO_PROXY names', () => {
    assert.ok(proxied(server))
    for (const loopback of ['https://localhost:1', 'https://127.0.0.1:1', 'https://[::1]:1'])
      assert.ok(!proxied(loopback))
    for (const name of [
      '*',
      'example.org',
      '.example.org',
      'x,api.prod.example.org',
      'example.org:6443',
      '*.example.org',
    ]) {
      assert.ok(!proxied(server, name), name)
    }
    for (const name of ['ample.org', 'example.org:443', 'prod', '.api.prod.example.org'])
      assert.ok(proxied(server, name), name)
    assert.ok(!proxied('https://10.1.2.3:6443', '10.0.0.0/8'))
    assert.ok(proxied('https://11.1.2.3:6443', '10.0.0.0/8'))
  })
})
