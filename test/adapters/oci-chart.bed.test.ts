/**
 * A chart from an OCI registry, pulled by both real helms. The registry is a fake of a few lines (it serves
 * one manifest and two blobs, as the distribution specification says), since none is to be had here.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { helmCli } from '../../src/adapters/helm-cli.js'
import { SecretRegistry } from '../../src/adapters/secret-registry.js'
import type { Chart } from '../../src/model/chart.js'
import { ensureBuilt } from '../bed/build.js'

const chart = fileURLToPath(new URL('../charts/osm/0.10.0', import.meta.url))
const digestOf = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`

function registryOf(archive: Buffer): Server {
  const config = Buffer.from('{"name":"osm","version":"0.10.0","apiVersion":"v2"}')
  const layer = (mediaType: string, content: Buffer): object => ({
    mediaType,
    digest: digestOf(content),
    size: content.length,
  })
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: layer('application/vnd.cncf.helm.config.v1+json', config),
      layers: [layer('application/vnd.cncf.helm.chart.content.v1.tar+gzip', archive)],
    }),
  )
  const blobs = new Map([config, archive, manifest].map((content) => [digestOf(content), content]))
  return createServer(({ url = '', method }, response) => {
    const isManifest = /\/manifests\//.test(url)
    const content = isManifest && url.endsWith('/0.10.0') ? manifest : blobs.get(url.split('/').at(-1) ?? '')
    if (url === '/v2/') return response.end('{}')
    if (url.includes('/tags/list')) return response.end('{"name":"mesh/osm","tags":["0.10.0"]}')
    if (!content) return response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
    response.writeHead(200, {
      'Content-Type': isManifest ? 'application/vnd.oci.image.manifest.v1+json' : 'application/octet-stream',
      'Content-Length': content.length,
      'Docker-Content-Digest': digestOf(content),
    })
    return response.end(method === 'HEAD' ? undefined : content)
  })
}

describe('a chart from an OCI registry', function () {
  this.timeout(600_000)
  const folder = mkdtempSync(join(tmpdir(), 'oci-test-'))
  let server: Server
  let binaries = ''

  before(async () => {
    binaries = await ensureBuilt()
    execFileSync(join(binaries, 'helm3'), ['package', chart, '-d', folder])
    server = registryOf(readFileSync(join(folder, readdirSync(folder)[0] ?? '')))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })

  after(() => {
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const load = (helm: string, version?: string): Promise<Chart> => {
    const options = {
      env: process.env,
      kube: {},
      kubeContext: '',
      login: { plainHttp: true },
      secrets: new SecretRegistry(),
    }
    const cli = helmCli({ ...options, binary: join(binaries, helm) })
    const reference = `oci://127.0.0.1:${(server.address() as AddressInfo).port}/mesh/osm`
    return cli.reader.loadChart({
      type: 'reference',
      reference,
      ...(version === undefined ? {} : { version }),
    })
  }

  for (const helm of ['helm3', 'helm4']) {
    it(`is pulled by ${helm}, with a version and without`, async () => {
      for (const version of ['0.10.0', undefined]) {
        const loaded = await load(helm, version)
        assert.deepEqual([loaded.name, loaded.version, loaded.crds.length > 5], ['osm', '0.10.0', true])
      }
    })

    it(`is an error in ${helm}'s own words where there is no such version`, async () => {
      await assert.rejects(load(helm, '9.9.9'), { code: 'ChartUnreadable' })
    })
  }
})
