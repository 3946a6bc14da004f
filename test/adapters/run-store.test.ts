import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rawObjectOf } from '../../src/adapters/raw-pages.js'
import { fileRunStores } from '../../src/adapters/run-store.js'
import { parseYaml } from '../../src/kubernetes-yaml.js'
import { UpgradeError } from '../../src/errors.js'
import type { CustomResourceKind, RawObject } from '../../src/model/crd.js'
import { SecretRegistry } from '../../src/adapters/secret-registry.js'
import { sensitive, type Values } from '../../src/model/values.js'
import type { HopStore, RunStore, RunStores } from '../../src/ports/run-store.js'
import { aChart, aPayload, aPlan, aRequest } from '../support/builders.js'

const kind: CustomResourceKind = {
  ...{ crd: 'widgets.x.y', group: 'x.y', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true },
}
const release = { name: 'osm', namespace: 'osm-system' }
const widget = (name: string, spec: string): RawObject =>
  rawObjectOf(
    `{"apiVersion":"x.y/v1","kind":"Widget","metadata":{"name":"${name}","namespace":"a","uid":"u-${name}"},"spec":${spec}}`,
  )
const isCode = (code: string) => (error: unknown) => error instanceof UpgradeError && error.code === code

describe('run folder', () => {
  const state = mkdtempSync(join(tmpdir(), 'run-store-test-'))
  let runs = 0
  const stores = (folder = state): RunStores =>
    fileRunStores({ XDG_STATE_HOME: folder }, new SecretRegistry())
  const open = (): Promise<RunStore> => stores().open('sha256:uid', release, `run-${++runs}`)
  const openHop = async (): Promise<HopStore> => {
    const hop = (await open()).hop(1)
    await hop.beginBackup()
    return hop
  }
  after(() => rmSync(state, { recursive: true }))

  it('is for its owner alone', async () => {
    const store = await open()
    const file = await store.hop(1).writeValues(sensitive<Values>({ a: 1 }))
    assert.equal(statSync(store.location.folder).mode & 0o777, 0o700)
    assert.equal(statSync(store.location.backupFolder).mode & 0o777, 0o700)
    assert.equal(statSync(file).mode & 0o777, 0o600)
  })

  it('holds values that helm reads back as they were, whatever they look like', async () => {
    const texts = [
      'yes',
      'NO',
      'on',
      'y',
      '0777',
      '0o17',
      '1_000',
      '1e3',
      '12:30:45',
      '2001-01-01',
      '~',
      '',
      '=',
      '<<',
      '08',
    ]
    const values: Values = {
      texts,
      yes: 'key',
      number: 1.5,
      nothing: null,
      empty: {},
      multi: 'a\nb \n',
      sign: '- a: b',
    }
    const store = await openHop()
    const file = await store.writeValues(sensitive(values))
    assert.deepEqual(parseYaml(readFileSync(file, 'utf8')), values)
    // What only helm's own reader would take for a boolean or a number stands in quotes.
    for (const text of texts)
      assert.doesNotMatch(readFileSync(file, 'utf8'), new RegExp(`^ *- ${text}$`, 'm'))
  })

  it('keeps custom resources as bytes and gives them back', async () => {
    const store = await openHop()
    const pages = [[widget('a', '{"n":9007199254740993}'), widget('b', '{ }')], [widget('c', '{"n":1.0}')]]
    for (const page of pages) await store.backupCustomResources(kind, page)
    const index = await store.sealBackup()
    assert.deepEqual(
      index.files.map(({ file, objects }) => [file, objects]),
      [['custom-resources/widgets.x.y.ndjson', 3]],
    )
    assert.equal(await store.readBackupObject(kind, 'u-a'), pages[0]?.[0]?.raw)
    assert.equal(await store.readBackupObject(kind, 'u-none'), undefined)
    const { raw: _raw, ...summary } = widget('c', '{"n":1.0}')
    assert.deepEqual((await store.readBackupSummaries(kind)).at(-1), summary)
  })

  it('notices a backup that is not what was written', async () => {
    for (const damage of [
      (text: string): string => text.replace('1', '2'),
      (text: string): string => text.slice(1),
      (): string => '',
    ]) {
      const store = await openHop()
      await store.backupCustomResources(kind, [widget('a', '{"n":1}')])
      const file = join(store.backupFolder, 'custom-resources', 'widgets.x.y.ndjson')
      writeFileSync(file, damage(readFileSync(file, 'utf8')))
      await assert.rejects(store.sealBackup(), isCode('BackupDamaged'))
    }
  })

  const reopen = async (store: RunStore): Promise<RunStore> => {
    const found = await stores().find('sha256:uid', release, store.location.runId)
    assert.ok(found)
    return found
  }
  const line = (stepId: string, phase: 'started' | 'succeeded') =>
    ({ runId: 'r', at: '', part: 'hop-1', stepId, phase, message: '' }) as const
  const journalOf = (store: RunStore): string => join(store.location.folder, 'journal.ndjson')

  it('goes on with a journal whose last line is half a line', async () => {
    const store = await open()
    await store.appendJournal(line('a', 'started'))
    await store.appendJournal(line('a', 'succeeded'))
    const text = readFileSync(journalOf(store), 'utf8')
    for (const half of ['{"apiVersion', text.slice(0, 40)]) {
      writeFileSync(journalOf(store), text + half)
      const again = await reopen(store)
      assert.equal((await again.readJournal()).length, 2)
      await again.appendJournal(line('b', 'started'))
      assert.deepEqual(
        (await (await reopen(store)).readJournal()).map(({ number, stepId }) => [number, stepId]),
        [
          [1, 'a'],
          [2, 'a'],
          [3, 'b'],
        ],
      )
    }
  })

  it('refuses a journal that is not as it was written', async () => {
    const store = await open()
    for (const id of ['a', 'b', 'c']) await store.appendJournal(line(id, 'started'))
    const text = readFileSync(journalOf(store), 'utf8')
    const [first = '', second = '', third = ''] = text.split('\n')
    for (const damaged of [
      text.replace('"b"', '"x"'),
      `${first}\n${third}\n`,
      `${second}\n${third}\n`,
      `${first}\n${first}\n`,
      `${first}\nno json\n`,
      text.replaceAll('v1alpha1', 'v9'),
    ]) {
      writeFileSync(journalOf(store), damaged)
      await assert.rejects((await reopen(store)).readJournal(), isCode('JournalDamaged'), damaged)
    }
  })

  it('reads a sealed backup again in another process, and notices damage', async () => {
    const store = await open()
    await store.hop(1).beginBackup()
    await store.hop(1).backupCustomResources(kind, [widget('a', '{"n":9007199254740993}')])
    await store.hop(1).sealBackup()
    const again = (await reopen(store)).hop(1)
    assert.equal((await again.openBackup()).files[0]?.objects, 1)
    assert.match((await again.readBackupObject(kind, 'u-a')) ?? '', /9007199254740993/)
    const file = join(again.backupFolder, 'custom-resources', 'widgets.x.y.ndjson')
    writeFileSync(file, readFileSync(file, 'utf8').replace('3', '4'))
    await assert.rejects((await reopen(store)).hop(1).openBackup(), isCode('BackupDamaged'))
    rmSync(join(again.backupFolder, 'index.json'))
    await assert.rejects((await reopen(store)).hop(1).openBackup(), isCode('BackupDamaged'))
  })

  it('keeps what a hop needs, and hands it to another machine whole', async () => {
    const chart = mkdtempSync(join(state, 'chart-'))
    writeFileSync(join(chart, 'Chart.yaml'), 'name: osm')
    const payload = aPayload({
      chart: aChart({ path: chart }),
      values: sensitive<Values>({ token: 's3cr3t-text' }),
    })
    const store = await open()
    const kept = await store.hop(1).writeInputs(payload)
    assert.equal(readFileSync(join(kept.chart.path, 'Chart.yaml'), 'utf8'), 'name: osm')
    await store.appendJournal(line('a', 'started'))
    await store.writePlan(aPlan(), aRequest())
    await store.hop(1).beginBackup()
    await store.hop(1).backupCustomResources(kind, [widget('a', '{"n":1}')])
    await store.hop(1).sealBackup()

    const { packed, leftOut } = await store.packHop(1, 1_000_000)
    assert.deepEqual(leftOut, [])
    const elsewhere = mkdtempSync(join(state, 'elsewhere-'))
    const run = { uid: 'sha256:uid', release, runId: store.location.runId }
    const moved = await stores(elsewhere).unpack(run, [packed])
    const read = await moved.hop(1).readInputs()
    assert.deepEqual(read.values.reveal(), { token: 's3cr3t-text' })
    assert.equal(readFileSync(join(read.chart.path, 'Chart.yaml'), 'utf8'), 'name: osm')
    assert.equal((await moved.hop(1).openBackup()).files.length, 1)
    assert.equal((await moved.readJournal()).length, 1)
    assert.equal((await moved.readPlan()).plan.digest, aPlan().digest)
  })

  it('names what it leaves out where there is no room', async () => {
    const store = await open()
    await store.writePlan(aPlan(), aRequest())
    await store.appendJournal(line('a', 'started'))
    await store.hop(1).beginBackup()
    const noise = Array.from({ length: 300 }, (_, index) =>
      widget(`w${index}`, JSON.stringify(createHash('sha512').update(String(index)).digest('base64'))),
    )
    await store.hop(1).backupCustomResources(kind, noise)
    await store.hop(1).sealBackup()
    assert.deepEqual((await store.packHop(1, 10_000)).leftOut, ['custom resources of the backup'])
    await assert.rejects(store.packHop(1, 10), /larger than/)
  })

  it('refuses files of a run that were changed, or that lie outside of it', async () => {
    const store = await open()
    await store.writePlan(aPlan(), aRequest())
    const file = join(store.location.folder, 'run.json')
    writeFileSync(file, readFileSync(file, 'utf8').replace('osm', 'ism'))
    await assert.rejects((await reopen(store)).readPlan(), isCode('RunUnreadable'))
    const outside = gzipSync(JSON.stringify([{ path: '../../evil', content: '' }])).toString('base64')
    const run = { uid: 'u', release, runId: 'r' }
    for (const packed of [outside, 'no gzip', '']) {
      await assert.rejects(stores().unpack(run, [packed]), isCode('RunUnreadable'), packed)
    }
  })

  it('says what keeps it from being written', async () => {
    const occupied = join(state, 'file')
    writeFileSync(occupied, '')
    const opening = (): Promise<RunStore> => stores(occupied).open('uid', release, 'run')
    await assert.rejects(opening(), isCode('RunFolderUnwritable'))
    await assert.rejects(opening(), new RegExp(`: ${occupied} is no folder$`))
    if (process.getuid?.() === 0) return
    const readOnly = mkdtempSync(join(state, 'read-only-'))
    chmodSync(readOnly, 0o500)
    await assert.rejects(stores(readOnly).open('uid', release, 'run'), /permission denied/)
  })
})
