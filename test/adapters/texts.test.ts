import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { texts } from '../../src/adapters/texts.js'
import { UpgradeError } from '../../src/errors.js'

const crd = (name: string, version = 'v1'): string =>
  `apiVersion: apiextensions.k8s.io/${version}\nkind: CustomResourceDefinition\nmetadata: {name: ${name}}\n`

/** A server of our own for redirects, errors and silence. */
describe('texts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'texts-test-'))
  let server: Server
  let url: string
  before(async () => {
    server = createServer((request, response) => {
      const path = request.url ?? ''
      const hops = /^\/hop\/(\d+)$/.exec(path)
      if (hops)
        response
          .writeHead(302, { Location: hops[1] === '0' ? '/notes' : `/hop/${Number(hops[1]) - 1}` })
          .end()
      else if (path === '/notes') response.end('# Notes')
      else if (path === '/github')
        response.setHeader('Content-Type', 'application/json; charset=utf-8').end('{"body":"# Body"}')
      else if (path === '/large') response.end(Buffer.alloc(9 * 1024 * 1024))
      else if (path !== '/silent') response.writeHead(404).end()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true })
  })
  const unreadable = (words: RegExp) => (error: unknown) =>
    error instanceof UpgradeError && error.code === 'TextUnreadable' && words.test(error.message)

  it('reads files and URLs, through redirects, and the body of a GitHub release', async () => {
    const file = join(folder, 'notes.md')
    writeFileSync(file, 'text')
    assert.equal(await texts.readText(file, 1000), 'text')
    assert.equal(await texts.readText(`${url}/hop/4`, 1000), '# Notes')
    assert.equal(await texts.readText(`${url}/github`, 1000), '# Body')
  })

  it('says why it could not', async () => {
    await assert.rejects(
      texts.readText(join(folder, 'absent'), 1000),
      unreadable(/absent: there is no such file/),
    )
    await assert.rejects(texts.readText(`${url}/hop/9`, 1000), unreadable(/redirects/))
    await assert.rejects(texts.readText(`${url}/absent`, 1000), unreadable(/HTTP 404/))
    await assert.rejects(texts.readText(`${url}/large`, 5000), unreadable(/larger than 8 MiB/))
    await assert.rejects(texts.readText(`${url}/silent`, 100), unreadable(/no answer within 0\.1 s/))
    await assert.rejects(texts.readText('http://127.0.0.1:1/x', 1000), unreadable(/refused/))
  })

  it('keeps the CRDs of a folder, whatever stands beside them', async () => {
    const crds = join(folder, 'crds')
    mkdirSync(join(crds, 'nested'), { recursive: true })
    writeFileSync(
      join(crds, 'a.yaml'),
      `${crd('b.x')}---\n# nothing\n---\n${crd('a.x')}---\nkind: ConfigMap\n`,
    )
    writeFileSync(
      join(crds, 'nested', 'c.json'),
      JSON.stringify({
        ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
        metadata: { name: 'c.x' },
      }),
    )
    writeFileSync(join(crds, 'README.md'), 'kind: [')
    const found = await texts.readCrds(crds)
    assert.deepEqual(
      found.map(({ object }) => object.metadata.name),
      ['b.x', 'a.x', 'c.x'],
    )
    assert.deepEqual((await texts.readCrds(join(crds, 'nested', 'c.json'))).length, 1)
  })

  it('refuses what is no CRD that a cluster takes, naming the file', async () => {
    const old = join(folder, 'old.yaml')
    writeFileSync(old, crd('a.x', 'v1beta1'))
    await assert.rejects(texts.readCrds(old), unreadable(/old\.yaml: CRD a\.x .*v1beta1/))
    writeFileSync(old, 'a: [')
    await assert.rejects(texts.readCrds(old), unreadable(/old\.yaml/))
    writeFileSync(old, 'kind: ConfigMap\n')
    await assert.rejects(texts.readCrds(old), unreadable(/no CustomResourceDefinition/))
  })
})
