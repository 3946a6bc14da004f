import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rawObjectOf } from '../../src/adapters/raw-pages.js'
import { fileRunStores } from '../../src/adapters/run-store.js'
import { parseYaml } from '../../src/kubernetes-yaml.js'
import { UpgradeError } from '../../src/errors.js'
import type { CustomResourceKind, RawObject } from '../../src/model/crd.js'
import { sensitive, type Values } from '../../src/model/values.js'
import type { RunStore } from '../../src/ports/run-store.js'

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
  const open = (): Promise<RunStore> =>
    fileRunStores({ XDG_STATE_HOME: state }).open('sha256:uid', release, `run-${++runs}`)
  after(() => rmSync(state, { recursive: true }))

  it('is for its owner alone', async () => {
    const store = await open()
    const file = await store.writeValues(sensitive<Values>({ a: 1 }))
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
    const store = await open()
    const file = await store.writeValues(sensitive(values))
    assert.deepEqual(parseYaml(readFileSync(file, 'utf8')), values)
    // What only helm's own reader would take for a boolean or a number stands in quotes.
    for (const text of texts)
      assert.doesNotMatch(readFileSync(file, 'utf8'), new RegExp(`^ *- ${text}$`, 'm'))
  })

  it('keeps custom resources as bytes and gives them back', async () => {
    const store = await open()
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
      const store = await open()
      await store.backupCustomResources(kind, [widget('a', '{"n":1}')])
      const file = join(store.location.backupFolder, 'custom-resources', 'widgets.x.y.ndjson')
      writeFileSync(file, damage(readFileSync(file, 'utf8')))
      await assert.rejects(store.sealBackup(), isCode('BackupDamaged'))
    }
  })

  it('appends to the journal line by line', async () => {
    const store = await open()
    const entry = {
      apiVersion: 'mesh-upgrade.dev/v1alpha1',
      runId: 'r',
      at: '',
      stepId: 's',
      message: '',
    } as const
    await store.appendJournal({ ...entry, phase: 'started' })
    await store.appendJournal({ ...entry, phase: 'succeeded' })
    const lines = readFileSync(join(store.location.folder, 'journal.ndjson'), 'utf8').trim().split('\n')
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { phase: string }).phase),
      ['started', 'succeeded'],
    )
  })

  it('says what keeps it from being written', async () => {
    const occupied = join(state, 'file')
    writeFileSync(occupied, '')
    const stores = fileRunStores({ XDG_STATE_HOME: occupied })
    await assert.rejects(stores.open('uid', release, 'run'), isCode('RunFolderUnwritable'))
    await assert.rejects(stores.open('uid', release, 'run'), new RegExp(`: ${occupied} is no folder$`))
    if (process.getuid?.() === 0) return
    const readOnly = mkdtempSync(join(state, 'read-only-'))
    chmodSync(readOnly, 0o500)
    await assert.rejects(
      fileRunStores({ XDG_STATE_HOME: readOnly }).open('uid', release, 'run'),
      /permission denied/,
    )
  })
})
