import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ensureBuilt } from '../bed/build.js'
import { AMBIGUOUS_STRINGS, BIG_INTEGERS } from './sample-policies.js'
import {
  crdNames,
  samplePolicies,
  sampleResources,
  toJson,
  toManifest,
  type ChartVersion,
} from './samples.js'

const run = promisify(execFile)
const charts = join(import.meta.dirname, 'osm')
const versions: ChartVersion[] = ['0.9.2', '0.10.0', '0.11.1']

interface Output {
  failed: boolean
  text: string
}

describe('the charts of the model mesh', function () {
  this.timeout(60_000)
  let helms: string[] = []
  let folder = ''

  before(async function () {
    // A cold cache means building helm first, which takes minutes.
    this.timeout(1_800_000)
    const programs = await ensureBuilt()
    helms = ['helm3', 'helm4'].map((name) => join(programs, name))
    folder = mkdtempSync(join(tmpdir(), 'charts-test-'))
  })

  after(() => rmSync(folder, { recursive: true, force: true }))

  async function tryHelm(helm: string, ...args: string[]): Promise<Output> {
    try {
      return { failed: false, text: (await run(helm, args)).stdout }
    } catch (error) {
      return { failed: true, text: String((error as { stderr?: string }).stderr) }
    }
  }

  async function render(helm: string, version: string, ...args: string[]): Promise<string> {
    const { failed, text } = await tryHelm(helm, 'template', 'osm', join(charts, version), ...args)
    assert.ok(!failed, text)
    return text
  }

  /** The keys that the schema of `to` refuses when all defaults of `from` are given as the user's values. */
  async function refusedKeys(helm: string, from: string, to: string): Promise<string[]> {
    const { text } = await tryHelm(helm, 'show', 'values', join(charts, from))
    const file = join(folder, `${from}.yaml`)
    writeFileSync(file, text)
    const answer = await tryHelm(helm, 'template', 'osm', join(charts, to), '--values', file)
    assert.ok(answer.failed)
    const complaints = answer.text.split('\n').filter((line) => line.startsWith('- '))
    assert.equal(complaints.length, 1, answer.text)
    const [, refused = ''] = /additional properties (.*) not allowed/.exec(complaints[0] ?? '') ?? []
    return [...refused.matchAll(/'([^']+)'/g)].map(([, key]) => key ?? '').sort()
  }

  for (const version of versions) {
    it(`${version} lints and renders with both helms`, async () => {
      for (const helm of helms) {
        const lint = await tryHelm(helm, 'lint', join(charts, version))
        assert.ok(!lint.failed, lint.text)
        assert.match(await render(helm, version, '--kube-version', 'v1.37.1'), /kind: Deployment/)
      }
    })
  }

  it('0.10.0 refuses the whole of the values of 0.9.2 for two keys', async () => {
    for (const helm of helms) {
      const refused = await refusedKeys(helm, '0.9.2', '0.10.0')
      assert.deepEqual(refused, ['certificateManager', 'serviceCertValidityDuration'])
    }
  })

  it('0.11.1 refuses the whole of the values of 0.10.0 for a feature flag', async () => {
    for (const helm of helms) {
      assert.deepEqual(await refusedKeys(helm, '0.10.0', '0.11.1'), ['enableValidatingWebhook'])
    }
  })

  it('the root of the values is open, and the mesh below it closed', async () => {
    const [helm = ''] = helms
    await render(helm, '0.10.0', '--set', 'somethingElse=1')
    const closed = await tryHelm(
      helm,
      'template',
      'osm',
      join(charts, '0.10.0'),
      '--set',
      'OpenServiceMesh.x=1',
    )
    assert.match(closed.text, /additional properties 'x' not allowed/i)
  })

  it('a vault token stands in the manifest', async () => {
    const values = 'OpenServiceMesh.certificateProvider.kind=vault,OpenServiceMesh.vault.host=v'
    const text = await render(
      helms[0] ?? '',
      '0.10.0',
      '--set',
      `${values},OpenServiceMesh.vault.token=s3cret`,
    )
    assert.match(text, /"--vault-token", "s3cret"/)
  })

  it('from 0.11 on a tag beats the digests', async () => {
    const [helm = ''] = helms
    assert.match(await render(helm, '0.11.1'), /osm-controller@sha256:[0-9a-f]{64}/)
    const tagged = await render(helm, '0.11.1', '--set', 'OpenServiceMesh.image.tag=v0.10.0')
    assert.match(tagged, /osm-controller:v0.10.0/)
    assert.doesNotMatch(tagged, /osm-controller@/)
  })

  it('webhook configurations leave the chart at 0.11', async () => {
    const [helm = ''] = helms
    assert.match(await render(helm, '0.9.2'), /kind: MutatingWebhookConfiguration/)
    assert.match(await render(helm, '0.10.0'), /kind: ValidatingWebhookConfiguration/)
    assert.doesNotMatch(await render(helm, '0.11.1'), /kind: \w+WebhookConfiguration/)
  })

  it('the chart brings its CRDs until 0.10, and 0.11 ships them beside it', () => {
    const files = (path: string): string[] => readdirSync(join(charts, path))
    assert.equal(files('0.9.2/crds').length, crdNames('0.9.2').length)
    assert.equal(files('0.10.0/crds').length, crdNames('0.10.0').length)
    assert.ok(!files('0.11.1').includes('crds'))
    assert.equal(files('0.11.1-crds').length, crdNames('0.11.1').length)
  })
})

describe('the sample resources', () => {
  it('are the same on every call', () => {
    assert.equal(toManifest(sampleResources()), toManifest(sampleResources()))
  })

  it('are as many policies as asked for, 200 unless told', () => {
    assert.equal(samplePolicies().length, 200)
    assert.equal(samplePolicies({ count: 1234 }).length, 1234)
  })

  it('have names of their own', () => {
    const names = sampleResources({ count: 1000 }).map(({ kind, metadata }) => `${kind}/${metadata.name}`)
    assert.equal(new Set(names).size, names.length)
  })

  it('know IngressBackend only from 0.10 on', () => {
    const kinds = (version: ChartVersion): string[] => samplePolicies({ version }).map(({ kind }) => kind)
    assert.ok(!kinds('0.9.2').includes('IngressBackend'))
    assert.ok(kinds('0.10.0').includes('IngressBackend'))
  })

  it('contain values that careless tools break', () => {
    const text = toManifest(sampleResources())
    for (const integer of BIG_INTEGERS) assert.match(text, new RegExp(`[^0-9]${integer}[^0-9]`))
    for (const ambiguous of AMBIGUOUS_STRINGS) assert.ok(text.includes(toJson(ambiguous)), ambiguous)
    assert.ok(text.includes('"ports":[]'))
  })
})
