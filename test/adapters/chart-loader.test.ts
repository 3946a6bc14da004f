import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { create, Header } from 'tar'
import { readChartArchive } from '../../src/adapters/chart-files.js'
import { loadChartAt } from '../../src/adapters/chart-loader.js'
import { parseHelmIgnore } from '../../src/adapters/helm-ignore.js'
import { UpgradeError } from '../../src/errors.js'
import type { Chart } from '../../src/model/chart.js'

const root = mkdtempSync(join(tmpdir(), 'chart-loader-test-'))
let count = 0
const crd = (name: string, version = 'v1'): string =>
  `apiVersion: apiextensions.k8s.io/${version}\nkind: CustomResourceDefinition\nmetadata: {name: ${name}}\n`
const metadata = 'apiVersion: v2\nname: mesh\nversion: 1.2.3\nappVersion: v1\n'

function folderOf(files: Record<string, string | Buffer>): string {
  const folder = join(root, String(++count), 'mesh')
  for (const [path, content] of Object.entries({ 'Chart.yaml': metadata, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return folder
}

function pack(folder: string): string {
  const file = `${folder}-${++count}.tgz`
  create({ file, gzip: true, sync: true, cwd: dirname(folder) }, ['mesh'])
  return file
}

function load(path: string): Promise<Chart> {
  return loadChartAt({ path, reference: path, source: { type: 'path', path } })
}

const isUnreadable = (words: RegExp) => (error: unknown) =>
  error instanceof UpgradeError && error.code === 'ChartUnreadable' && words.test(error.message)

describe('chart loader', () => {
  after(() => rmSync(root, { recursive: true }))

  it('reads a folder and its archive as the same chart', async () => {
    const folder = folderOf({
      'values.yaml': '\uFEFFa: yes\nb: {c: null}\n',
      'values.schema.json': '{}',
      'templates/a.yaml': '\uFEFFkind: A',
      'crds/a.yaml': `${crd('a.x')}---\n${crd('b.x', 'v1beta1')}`,
      'crds/README.md': 'none',
    })
    const [chart, packed] = [await load(folder), await load(pack(folder))]
    assert.equal(`${chart.name} ${chart.version} ${chart.appVersion}`, 'mesh 1.2.3 v1')
    assert.deepEqual(chart.defaults, { a: true, b: { c: null } })
    assert.equal(chart.hasSchema, true)
    assert.equal(chart.usesLookup, false)
    assert.deepEqual(
      chart.crds.map(({ file, object }) => [file, object.metadata.name]),
      [
        ['crds/a.yaml', 'a.x'],
        ['crds/a.yaml', 'b.x'],
      ],
    )
    assert.equal(packed.contentDigest, chart.contentDigest)
    assert.deepEqual(packed.crds, chart.crds)
  })

  it('counts in the digest what decides and nothing else', async () => {
    const base = { 'values.yaml': 'a: 1\n', 'templates/a.yaml': 'x', 'crds/a.yaml': crd('a.x') }
    const digest = async (files: Record<string, string>): Promise<string> =>
      (await load(folderOf({ ...base, ...files }))).contentDigest
    const same = await digest({})
    for (const files of [
      { 'values.yaml': '# comment\na: 1\n' },
      { 'README.md': 'x' },
      { 'Chart.yaml': `${metadata}description: x\n` },
      { 'ignored.txt': 'x', '.helmignore': '*.txt' },
      { 'templates/.hidden': 'x' },
    ]) {
      assert.equal(await digest(files as Record<string, string>), same, JSON.stringify(files))
    }
    for (const files of [
      { 'values.yaml': 'a: 2\n' },
      { 'templates/a.yaml': 'y' },
      { 'templates/b.yaml': 'x' },
      { 'crds/a.yaml': crd('b.x') },
      { 'values.schema.json': '{}' },
    ]) {
      assert.notEqual(await digest(files), same, JSON.stringify(files))
    }
  })

  it('finds CRDs and lookups of sub-charts, unpacked and packed', async () => {
    const inner = folderOf({ 'crds/deep.yaml': crd('deep.x') })
    const middle = folderOf({ 'crds/sub.yaml': crd('sub.x'), 'charts/inner.tgz': readFileSync(pack(inner)) })
    const chart = await load(
      folderOf({
        'charts/one.tgz': readFileSync(pack(middle)),
        'charts/two/Chart.yaml': metadata,
        'charts/two/crds/two.yaml': crd('two.x'),
        'charts/two/templates/a.yaml': '{{ $x := lookup "v1" "Secret" "a" "b" }}',
        'charts/_ignored/crds/no.yaml': crd('no.x'),
      }),
    )
    assert.deepEqual(chart.crds.map(({ object }) => object.metadata.name).sort(), [
      'deep.x',
      'sub.x',
      'two.x',
    ])
    assert.ok(chart.crds.some(({ file }) => file === 'charts/one.tgz/charts/inner.tgz/crds/deep.yaml'))
    assert.equal(chart.usesLookup, true)
  })

  it('says what is wrong with a chart, and what to look at', async () => {
    await assert.rejects(load(join(root, 'absent')), isUnreadable(/absent: there is no such file or folder/))
    await assert.rejects(load(folderOf({ 'Chart.yaml': 'a: [' })), isUnreadable(/Chart\.yaml is no YAML/))
    await assert.rejects(
      load(folderOf({ 'Chart.yaml': 'name: x' })),
      isUnreadable(/names no name or version/),
    )
    await assert.rejects(load(folderOf({ 'values.yaml': '- a' })), isUnreadable(/values\.yaml is no mapping/))
    await assert.rejects(load(folderOf({ 'crds/a.yaml': 'a: [' })), isUnreadable(/crds\/a\.yaml is no YAML/))
    await assert.rejects(
      load(folderOf({ 'Chart.yaml': `${metadata}type: library\n` })),
      isUnreadable(/library/),
    )
    const large = folderOf({ 'big.bin': Buffer.alloc(6 * 1024 * 1024) })
    await assert.rejects(load(large), isUnreadable(/big\.bin is larger than 5 MiB/))
    await assert.rejects(load(pack(large)), isUnreadable(/big\.bin is larger than 5 MiB/))
    const empty = join(root, 'empty')
    mkdirSync(empty)
    await assert.rejects(load(empty), isUnreadable(/no Chart\.yaml/))
  })

  it('lets no name lead out of the archive', async () => {
    for (const path of ['mesh/../../etc/passwd', '/etc/passwd', '../x']) {
      await assert.rejects(readChartArchive(archiveWith(path)), /leads out of the chart/)
    }
  })

  it('ends on every archive with files or an error', async () => {
    const good = readFileSync(pack(folderOf({ 'templates/a.yaml': 'x'.repeat(2000) })))
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
      fc.nat(good.length).map((end) => good.subarray(0, end)),
      fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => {
        const copy = Buffer.from(good)
        copy[at] = byte
        return copy
      }),
    )
    await fc.assert(
      fc.asyncProperty(hostile, async (archive) => {
        await readChartArchive(archive).catch((error: unknown) => assert.ok(error instanceof Error))
      }),
    )
  })
})

/** An archive with one file of any name; no tool writes such names. */
function archiveWith(path: string): Buffer {
  const block = Buffer.alloc(512 * 4)
  new Header({ path, mode: 0o644, size: 1, type: 'File', mtime: new Date(0) }).encode(block, 0)
  block.write('x', 512)
  return block
}

describe('.helmignore', () => {
  it("follows helm's rules", () => {
    const rules = parseHelmIgnore('# comment\n*.txt\n/root.md\ndocs/\na/b?.yaml\n[xy].bin\nbad/**\n')
    const ignored = (path: string, isFolder = false): boolean => rules.ignores(path, isFolder)
    for (const path of ['a.txt', 'deep/er/a.txt', 'root.md', 'a/b1.yaml', 'x.bin', 'templates/.hidden']) {
      assert.ok(ignored(path), path)
    }
    for (const path of [
      'a.txtx',
      'deep/root.md',
      'docs',
      'a/b12.yaml',
      'z.bin',
      'bad/x',
      'templates/x',
      'q/a/b1.yaml',
    ]) {
      assert.ok(!ignored(path), path)
    }
    assert.ok(ignored('docs', true) && ignored('deep/docs', true))
    assert.ok(parseHelmIgnore('!keep.txt').ignores('other', false))
  })
})
