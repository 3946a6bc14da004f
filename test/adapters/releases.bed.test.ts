import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectForUpgrade } from '../../src/adapters/connect.js'
import { UpgradeError } from '../../src/errors.js'
import type { ReleaseSnapshot } from '../../src/model/release.js'
import { sensitive, type Values } from '../../src/model/values.js'
import type { WritePorts } from '../../src/ports/ports.js'
import { startBed, type Bed } from '../bed/start.js'
import { childOf, kubectl, run } from '../bed/support.js'

const charts = fileURLToPath(new URL('../charts/osm', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'releases-test-'))

/** A chart with one Deployment; `image: slow` never becomes available here. */
function chart(version: string, lookup = false): string {
  const root = join(folder, `small-${version}`)
  mkdirSync(join(root, 'templates'), { recursive: true })
  writeFileSync(join(root, 'Chart.yaml'), `apiVersion: v2\nname: small\nversion: ${version}\n`)
  writeFileSync(join(root, 'values.yaml'), 'replicas: 1\nselector: {}\nnothing: null\n')
  const found = lookup ? '{{ (lookup "v1" "Namespace" "" "kube-system").metadata.uid }}' : 'none'
  const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: small, annotations: {found: "${found}"}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: small}}
  template:
    metadata: {labels: {app: small}}
    spec:
      nodeSelector: {{ toJson .Values.selector }}
      containers: [{name: a, image: "a:${version}"}]
`
  writeFileSync(join(root, 'templates', 'deployment.yaml'), deployment)
  return root
}

describe('releases', function () {
  this.timeout(120_000)
  let bed: Bed
  before(async () => {
    bed = await startBed({ name: 'releases' })
  })
  after(async () => {
    rmSync(folder, { recursive: true })
    await bed.stop()
  })

  for (const [major, method] of [
    [3, 'csa'],
    [4, 'ssa'],
  ] as const) {
    describe(`of helm ${major}`, () => {
      const namespace = `release-${major}`
      const name = { name: 'osm', namespace }
      let ports: WritePorts
      const helm = async (...words: string[]): Promise<void> => {
        await run(`helm${major}`, [...words, '--namespace', namespace], childOf(bed))
      }
      const read = async (release = name): Promise<ReleaseSnapshot> => {
        const snapshot = await ports.releases.readRelease(release)
        assert.ok(snapshot)
        return snapshot
      }
      before(async () => {
        const env = { ...process.env, ...bed.env, PATH: `${bed.env.PATH ?? ''}:${process.env.PATH ?? ''}` }
        ports = await connectForUpgrade({}, () => undefined, { ...env, HELM_BIN: `helm${major}` })
        await kubectl(bed, 'create', 'namespace', namespace)
      })

      it('are read without helm, with their history', async () => {
        const install = ['--no-hooks', '--skip-crds', '--set', 'vault.token=s3cr3t-token,gone=null']
        await helm('install', 'osm', join(charts, '0.9.2'), ...install)
        await helm('upgrade', 'osm', join(charts, '0.10.0'), '--no-hooks', '--reset-then-reuse-values')
        const snapshot = await read()
        assert.equal(snapshot.releaseRevision, 2)
        assert.equal(`${snapshot.chartName} ${snapshot.chartVersion}`, 'osm 0.10.0')
        assert.equal(snapshot.applyMethod, method)
        assert.deepEqual(
          snapshot.history.map(({ releaseRevision, releaseStatus }) => [releaseRevision, releaseStatus]),
          [
            [1, 'superseded'],
            [2, 'deployed'],
          ],
        )
        assert.deepEqual(snapshot.userSuppliedValues.reveal().vault, { token: 's3cr3t-token' })
        assert.match(snapshot.manifest.reveal(), /kind: Deployment/)
        assert.equal(ports.redact('s3cr3t-token'), '(hidden)')
        assert.equal(JSON.stringify(snapshot).includes('s3cr3t-token'), false)
      })

      it('are found in every namespace, and are none where there are none', async () => {
        assert.deepEqual(
          (await ports.releases.findRelease('osm')).filter((found) => found.namespace === namespace),
          [name],
        )
        assert.equal(await ports.releases.readRelease({ name: 'absent', namespace }), undefined)
        assert.deepEqual(await ports.releases.findRelease('absent'), [])
      })

      it('are backed up as the server has them', async () => {
        const [object = '', ...others] = await ports.rawStorage.readStorageObjects(name)
        assert.equal(others.length, 0)
        const path = `/api/v1/namespaces/${namespace}/secrets/sh.helm.release.v1.osm.v2`
        assert.equal(object, (await kubectl(bed, 'get', '--raw', path)).trimEnd())
      })

      it('are upgraded with the whole of the values; what helm says is told and kept', async () => {
        await helm('install', 'small', chart('1.0.0'), '--set', 'old=1')
        const values: Values = { replicas: 2, text: 'yes' }
        const valuesFile = join(folder, 'values.json')
        writeFileSync(valuesFile, JSON.stringify(values))
        const lines: string[] = []
        const request = {
          ...{
            releaseName: 'small',
            namespace,
            chartPath: chart('1.1.0'),
            chartVersion: '1.1.0',
            valuesFile,
          },
          ...{ timeoutMs: 60_000, extraArguments: ['--description', 'by the test'], logFolder: folder },
        }
        const signal = new AbortController().signal
        const outcome = await ports.helmWriter.upgrade(request, (line) => lines.push(line), signal)
        assert.deepEqual([outcome.succeeded, outcome.exitCode], [true, 0], outcome.message)
        assert.ok(lines.some((line) => line.includes('has been upgraded')))
        assert.match(readFileSync(join(folder, 'helm-stdout.log'), 'utf8'), /has been upgraded/)
        const snapshot = await read({ name: 'small', namespace })
        assert.deepEqual(snapshot.userSuppliedValues.reveal(), values)
        assert.equal(snapshot.description, 'by the test')
      })

      it("that fail keep helm's own words, and one that is interrupted is recorded as failed", async () => {
        const valuesFile = join(folder, 'stuck.json')
        writeFileSync(valuesFile, JSON.stringify({ selector: { nowhere: 'x' } }))
        const request = {
          ...{
            releaseName: 'small',
            namespace,
            chartPath: chart('1.2.0'),
            chartVersion: '1.2.0',
            valuesFile,
          },
          ...{ timeoutMs: 3_000, extraArguments: [], logFolder: folder },
        }
        const late = await ports.helmWriter.upgrade(request, () => undefined, new AbortController().signal)
        assert.equal(late.succeeded, false)
        assert.match(late.message, /context deadline exceeded/)
        assert.doesNotMatch(late.message, /^Error|UPGRADE FAILED|level=/)

        const stop = new AbortController()
        setTimeout(() => stop.abort(), 1_500)
        const startedAt = Date.now()
        const stopped = await ports.helmWriter.upgrade(
          { ...request, timeoutMs: 60_000 },
          () => undefined,
          stop.signal,
        )
        assert.equal(stopped.succeeded, false)
        assert.ok(Date.now() - startedAt < 10_000)
        assert.equal((await read({ name: 'small', namespace })).releaseStatus, 'failed')
        const kept = await ports.rawStorage.readStorageObjects({ name: 'small', namespace })
        assert.equal(kept.length, 2)
      })

      it('have the digest of the chart that they were made of, whether its sub-charts are on or off', async () => {
        await helm('uninstall', 'osm', '--no-hooks')
        for (const [version, contour] of [
          ['0.9.2', 'true'],
          ['0.10.0', 'true'],
          ['0.10.0', 'false'],
        ] as const) {
          const path = join(charts, version)
          const words = ['--no-hooks', '--skip-crds', '--set', `contour.enabled=${contour}`]
          await helm('install', 'osm', path, ...words)
          const { chartContentDigest } = await read()
          await helm('uninstall', 'osm', '--no-hooks')
          const { contentDigest } = await ports.helm.loadChart({ type: 'path', path })
          assert.equal(chartContentDigest, contentDigest, `${version} contour ${contour}`)
        }
      })

      it('are rendered against the server where the chart looks things up', async () => {
        const loaded = await ports.helm.loadChart({ type: 'path', path: chart('2.0.0', true) })
        assert.equal(loaded.usesLookup, true)
        const manifest = await ports.helm.render({
          ...{ releaseName: 'small', namespace, chart: loaded, values: sensitive<Values>({}) },
          ...{ kubeVersion: 'v1.37.1', apiVersions: ['apps/v1'] },
        })
        const { uid } = await ports.cluster.identity()
        assert.ok(manifest.reveal().includes(uid))
      })
    })
  }

  it('of a driver that keeps them elsewhere are refused, naming it; ConfigMaps are read', async () => {
    const connect = (HELM_DRIVER: string): Promise<WritePorts> =>
      connectForUpgrade({}, () => undefined, { ...process.env, ...bed.env, HELM_DRIVER })
    await assert.rejects(
      connect('sql'),
      (error) => error instanceof UpgradeError && /HELM_DRIVER=sql/.test(error.message),
    )
    const env = { ...process.env, ...bed.env, HELM_DRIVER: 'configmap' }
    await run('helm3', ['install', 'mapped', chart('1.0.0'), '--namespace', 'default'], { env })
    const ports = await connect('configmap')
    const release = await ports.releases.readRelease({ name: 'mapped', namespace: 'default' })
    assert.deepEqual(release?.storage, { kind: 'ConfigMap', name: 'sh.helm.release.v1.mapped.v1' })
  })
})
