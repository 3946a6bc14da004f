/** helm as it really is, both majors; without a cluster, but with the binaries of the bed. */
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { helmCli, type HelmCli } from '../../src/adapters/helm-cli.js'
import type { RepositoryLogin } from '../../src/adapters/helm-repositories.js'
import { SecretRegistry } from '../../src/adapters/secret-registry.js'
import { UpgradeError } from '../../src/errors.js'
import { sensitive, type Values } from '../../src/model/values.js'
import type { RenderRequest } from '../../src/ports/helm.js'
import { ensureBuilt } from '../bed/build.js'
import { serveChartRepository, type ChartRepository } from '../bed/repository.js'

const charts = fileURLToPath(new URL('../charts/osm', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'helm-test-'))
const secrets = new SecretRegistry()
const temporary = join(folder, 'temporary')
const ownTemporary = process.env.TMPDIR
let binaries = ''
let repository: ChartRepository

const helmHome = join(folder, 'home')
const env = {
  ...process.env,
  HELM_CONFIG_HOME: join(helmHome, 'config'),
  HELM_CACHE_HOME: join(helmHome, 'cache'),
  HELM_DATA_HOME: join(helmHome, 'data'),
}

function helm(binary: string, login: RepositoryLogin = {}): HelmCli {
  return helmCli({ binary, env, kube: {}, kubeContext: '', login, secrets })
}

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}

async function failure(work: Promise<unknown>, code: string): Promise<UpgradeError> {
  const error = await work.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  assert.ok(error instanceof UpgradeError && error.code === code, String(error))
  return error
}

async function renderOf(cli: HelmCli, chart: string, more: Partial<RenderRequest> = {}): Promise<string> {
  const loaded = await cli.reader.loadChart({ type: 'path', path: chart })
  const request = {
    ...{ releaseName: 'osm', namespace: 'osm-system', chart: loaded, values: sensitive<Values>({}) },
    ...{ kubeVersion: 'v1.37.1', apiVersions: ['apps/v1', 'x.y/v1/Widget'] },
    ...more,
  }
  return (await cli.reader.render(request)).reveal()
}

/** A chart of a few files. */
function chart(name: string, files: Record<string, string>): string {
  const root = join(folder, name)
  for (const [path, content] of Object.entries({
    'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`,
    ...files,
  })) {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  return root
}

before(async function () {
  this.timeout(600_000)
  binaries = await ensureBuilt()
  mkdirSync(temporary)
  process.env.TMPDIR = temporary
  const alpha = join(folder, 'alpha')
  cpSync(join(charts, '0.11.1'), alpha, { recursive: true })
  const metadata = readFileSync(join(alpha, 'Chart.yaml'), 'utf8')
  writeFileSync(join(alpha, 'Chart.yaml'), metadata.replace(/^version:.*$/m, 'version: 0.12.0-alpha.1'))
  const published = [join(charts, '0.9.2'), join(charts, '0.10.0'), alpha]
  const kept = process.env.PATH
  process.env.PATH = `${binaries}:${kept ?? ''}`
  repository = await serveChartRepository({ dir: join(folder, 'repository'), charts: published })
  process.env.PATH = kept
})
after(async () => {
  await repository.close()
  if (ownTemporary === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = ownTemporary
  rmSync(folder, { recursive: true })
})

for (const major of [3, 4] as const) {
  describe(`helm ${major}`, function () {
    this.timeout(30_000)
    let cli: HelmCli
    before(() => {
      cli = helm(join(binaries, `helm${major}`))
    })

    it('says its version', async () => {
      const version = await cli.reader.version()
      assert.equal(version.major, major)
      assert.match(version.version, new RegExp(`^v${major}\\.`))
    })

    describe('merges values', () => {
      const merged = async (...words: string[]): Promise<Values> =>
        (await cli.reader.mergeValues(words)).reveal()

      it('to nothing where there are no words', async () => {
        assert.deepEqual(await merged(), {})
      })

      it("by helm's own order and types, nulls included", async () => {
        const first = file('first.yaml', 'a: 1\nb: {c: yes, d: null}\nlist: [1, 2]\nkind: odd\n')
        const second = file('second.yaml', 'a: 2\nlist: [3]\n')
        const words = ['--set', 'b.e=true,gone=null', '-f', first, '--set-string', 'n=5', '--values', second]
        assert.deepEqual(await merged(...words, '--set-json', 'j={"k":null}', '--set-literal', 'l=a,b=c'), {
          ...{ a: 2, b: { c: true, d: null, e: true }, gone: null, kind: 'odd', list: [3] },
          ...{ n: '5', j: { k: null }, l: 'a,b=c' },
        })
      })

      it('that no manifest could hold', async () => {
        const odd = file('odd.yaml', 'x: "---"\ntemplate: "{{ .Values.x }} </script> é"\nbig: 1e30\n')
        assert.deepEqual(await merged('-f', odd), {
          x: '---',
          template: '{{ .Values.x }} </script> é',
          big: 1e30,
        })
      })

      it('and keeps secrets out of every text', async () => {
        const values = await cli.reader.mergeValues(['--set', `vault.token=tokenOf${major}`])
        assert.ok(!JSON.stringify(values).includes('tokenOf'))
        assert.equal(secrets.redact(`tokenOf${major}`), '(hidden)')
      })

      it('or says what is wrong with them', async () => {
        const missing = await failure(merged('-f', join(folder, 'absent.yaml')), 'ValuesInvalid')
        assert.match(missing.message, /absent\.yaml: no such file/)
        assert.match(missing.remedy, /^Mend the file \S+absent\.yaml, then/)
        const grammar = await failure(merged('--set', 'a'), 'ValuesInvalid')
        assert.match(grammar.message, /key "a" has no value/)
        const broken = await failure(merged('-f', file('broken.yaml', 'a: [')), 'ValuesInvalid')
        assert.match(broken.message, /broken\.yaml/)
      })
    })

    describe('renders', () => {
      it('as for an upgrade of a release in its namespace, without hooks', async () => {
        const manifest = await renderOf(cli, join(charts, '0.10.0'))
        assert.match(manifest, /namespace: osm-system/)
        assert.doesNotMatch(manifest, /helm\.sh\/hook/)
      })

      it('with the capabilities that it is given', async () => {
        const template = `{{ if and .Release.IsUpgrade (.Capabilities.APIVersions.Has "x.y/v1/Widget") }}
kind: ConfigMap
apiVersion: v1
metadata: {name: "{{ .Capabilities.KubeVersion.Version }}"}
{{ end }}`
        assert.match(
          await renderOf(cli, chart('capable', { 'templates/a.yaml': template })),
          /name: "v1\.37\.1"/,
        )
      })

      it("or says why not, in helm's own words without its noise", async () => {
        const path = chart('failing', {
          'templates/a.yaml': '{{ required "name the registry" .Values.registry }}',
        })
        const error = await failure(renderOf(cli, path), 'RenderFailed')
        assert.match(error.message, /name the registry/)
        assert.doesNotMatch(error.message, /Error:|--debug|level=/)
        assert.match(error.remedy, /template osm .*failing --namespace osm-system/)
      })

      it("or tells what a chart's schema refuses", async () => {
        const values = sensitive<Values>({ OpenServiceMesh: 'not a mapping' })
        const error = await failure(renderOf(cli, join(charts, '0.9.2'), { values }), 'RenderFailed')
        assert.match(error.message, /OpenServiceMesh/)
      })

      it('and leaves no values behind', () => {
        const left = readdirSync(temporary, { recursive: true, encoding: 'utf8' })
        assert.ok(left.length > 0)
        assert.deepEqual(
          left.filter((name) => name.endsWith('-values.yaml')),
          [],
        )
      })
    })

    describe('fetches charts', () => {
      it('lists all versions of a repository, prereleases too, newest first', async () => {
        const versions = await cli.reader.listVersions({ url: repository.url, why: '' }, 'osm')
        assert.deepEqual(
          versions.map(({ version }) => version),
          ['0.12.0-alpha.1', '0.10.0', '0.9.2'],
        )
        assert.equal(versions.at(-1)?.appVersion, '0.9.2')
        assert.deepEqual(await cli.reader.listVersions({ url: repository.url, why: '' }, 'os'), [])
        assert.deepEqual(await cli.reader.listVersions({ url: 'oci://x.example/y', why: '' }, 'osm'), [])
      })

      it('pulls from a repository by URL and by name, and the chart is the one of the folder', async () => {
        const local = await cli.reader.loadChart({ type: 'path', path: join(charts, '0.10.0') })
        const wanted = { chart: 'osm', version: '0.10.0' }
        const byUrl = await cli.reader.loadChart({ type: 'repository', url: repository.url, ...wanted })
        assert.equal(byUrl.contentDigest, local.contentDigest)
        assert.equal(byUrl.reference, `osm --repo ${repository.url}`)
        assert.deepEqual(byUrl.crds, local.crds)

        mkdirSync(env.HELM_CONFIG_HOME, { recursive: true })
        const configuration = join(env.HELM_CONFIG_HOME, 'repositories.yaml')
        const before = `repositories:\n- {name: own, url: "${repository.url}"}\n`
        writeFileSync(configuration, before)
        assert.deepEqual(await cli.reader.repositories(), [{ name: 'own', url: repository.url }])
        const named = await cli.reader.loadChart({ type: 'named-repository', repository: 'own', ...wanted })
        assert.equal(named.contentDigest, local.contentDigest)
        assert.equal(named.reference, 'own/osm')
        assert.equal(readFileSync(configuration, 'utf8'), before)
      })

      it('pulls by URL of an archive', async () => {
        const reference = `${repository.url}/osm-0.9.2.tgz`
        assert.equal((await cli.reader.loadChart({ type: 'reference', reference })).version, '0.9.2')
      })

      it('says what is wrong', async () => {
        const url = 'http://127.0.0.1:1'
        const unreadable = await failure(
          cli.reader.listVersions({ url, why: '' }, 'osm'),
          'RepositoryUnreadable',
        )
        assert.match(unreadable.message, /127\.0\.0\.1:1.*connection refused/s)
        const source = { type: 'repository', url: repository.url, chart: 'osm', version: '9.9.9' } as const
        assert.match((await failure(cli.reader.loadChart(source), 'ChartUnreadable')).message, /9\.9\.9/)
      })
    })
  })
}
