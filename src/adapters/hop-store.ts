import { createHash, type Hash } from 'node:crypto'
import { constants } from 'node:fs'
import { cp, open, readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { DUMP_SCHEMA, dump } from 'js-yaml'
import { messageOf, UpgradeError } from '../errors.js'
import type { CustomResourceKind, CustomResourceSummary, LiveCrd, RawObject } from '../model/crd.js'
import type { KubeObject } from '../model/kube-object.js'
import type { PlanPayload } from '../model/prepared.js'
import { openDocument, sealDocument } from '../model/sealed-document.js'
import type { Sensitive, Values } from '../model/values.js'
import type { BackupIndex, HopStore } from '../ports/run-store.js'
import { fileReason } from './file-reason.js'
import { rawObjectOf } from './raw-pages.js'
import { appendText, makeFolder, makePrivate, syncFolder, unwritable, writeWhole } from './run-files.js'
import { payloadOf, plainPayload } from './run-inputs.js'
import type { SecretRegistry } from './secret-registry.js'

interface WrittenFile {
  sha256: string
  bytes: number
  objects: number
}

const inputsKind = 'HopInputs'
const indexKind = 'BackupIndex'

/** What a run keeps of one hop, in `hops/<n>` and `backup/<n>` of its folder. */
export class FileHopStore implements HopStore {
  private readonly written = new Map<string, WrittenFile>()
  /** Digest of each custom resource as it was read, by CRD and uid. */
  private readonly digests = new Map<string, string>()
  /** Where each object of a kind stands in its file, by CRD and uid; known once the summaries were read. */
  private readonly places = new Map<string, { offset: number; bytes: number }>()
  private readonly hashes = new Map<string, Hash>()

  constructor(
    readonly folder: string,
    readonly backupFolder: string,
    private readonly secrets: SecretRegistry,
  ) {}

  async writeInputs(payload: PlanPayload): Promise<PlanPayload> {
    await makeFolder(this.folder, this.folder)
    const path = this.chartCopy(basename(payload.chart.path))
    if (path !== payload.chart.path) await this.copyChart(payload.chart.path, path)
    const kept = { ...payload, chart: { ...payload.chart, path } }
    // A chart's place may differ on another machine: the name inside the run's folder is kept.
    const body = plainPayload({ ...kept, chart: { ...kept.chart, path: basename(path) } })
    await writeWhole(this.inputsFile, sealDocument(inputsKind, body))
    return kept
  }

  async readInputs(): Promise<PlanPayload> {
    const payload = payloadOf(await readDocument(inputsKind, this.inputsFile))
    this.secrets.addValues(payload.values.reveal())
    this.secrets.addValues(payload.release.userSuppliedValues.reveal())
    return { ...payload, chart: { ...payload.chart, path: this.chartCopy(payload.chart.path) } }
  }

  /** A run that installs nothing has no chart to keep. */
  private chartCopy(name: string): string {
    return name === '' ? '' : join(this.folder, 'chart', name)
  }

  async writeValues(values: Sensitive<Values>): Promise<string> {
    const file = join(this.folder, 'values.yaml')
    await makeFolder(this.folder, this.folder)
    await writeWhole(file, yamlOf(values.reveal()))
    return file
  }

  async keepStorageObjects(name: string, storageObjects: string[]): Promise<string> {
    const file = join(this.folder, `${name}.ndjson`)
    await writeWhole(file, storageObjects.map((object) => `${object}\n`).join(''))
    return file
  }

  async beginBackup(): Promise<void> {
    for (const known of [this.written, this.digests, this.places, this.hashes]) known.clear()
    await rm(this.backupFolder, { recursive: true, force: true }).catch((error: unknown) => {
      throw unwritable(`clear ${this.backupFolder}: ${fileReason(error)}`, error)
    })
    await makeFolder(join(this.backupFolder, 'custom-resources'), this.backupFolder)
  }

  backupRelease(storageObjects: string[]): Promise<void> {
    const text = storageObjects.map((object) => `${object}\n`).join('')
    return this.keep('release.ndjson', text, storageObjects.length)
  }

  backupValues(values: Sensitive<Values>): Promise<void> {
    return this.keep('values.yaml', yamlOf(values.reveal()), 1)
  }

  backupCrds(crds: LiveCrd[]): Promise<void> {
    return this.keep('crds.ndjson', crds.map(({ raw }) => `${raw}\n`).join(''), crds.length)
  }

  backupObjects(objects: string[]): Promise<void> {
    return this.keep('objects.ndjson', objects.map((raw) => `${raw}\n`).join(''), objects.length)
  }

  async backupCustomResources(kind: CustomResourceKind, page: RawObject[]): Promise<void> {
    for (const object of page) this.digests.set(`${kind.crd}/${object.uid}`, object.specDigest)
    const text = page.map(({ raw }) => `${raw}\n`).join('')
    await this.keep(customResourceFile(kind), text, page.length)
  }

  async sealBackup(): Promise<BackupIndex> {
    const files = await Promise.all([...this.written].map(([file, given]) => this.checkFile(file, given)))
    const index: BackupIndex = { files }
    await writeWhole(this.indexFile, sealDocument(indexKind, index))
    await syncFolder(this.backupFolder)
    return index
  }

  async openBackup(): Promise<BackupIndex> {
    const index = await readDocument(indexKind, this.indexFile).catch((error: unknown) => {
      throw this.damaged(messageOf(error))
    })
    const { files } = index as BackupIndex
    for (const { file, ...given } of files) {
      this.written.set(file, given)
      await this.checkBytes(file, given)
    }
    return { files }
  }

  async readBackupCrds(): Promise<LiveCrd[]> {
    const lines = await this.readLines('crds.ndjson')
    return lines.map((raw) => {
      const object = JSON.parse(raw) as KubeObject
      return { name: object.metadata.name, object, raw }
    })
  }

  readBackupObjects(): Promise<string[]> {
    return this.readLines('objects.ndjson')
  }

  async readBackupSummaries(kind: CustomResourceKind): Promise<CustomResourceSummary[]> {
    const lines = await this.readLines(customResourceFile(kind))
    let offset = 0
    return lines.map((line) => {
      const { raw: _raw, ...summary } = rawObjectOf(line)
      const bytes = Buffer.byteLength(line)
      this.places.set(`${kind.crd}/${summary.uid}`, { offset, bytes })
      offset += bytes + 1
      return summary
    })
  }

  async readBackupObject(kind: CustomResourceKind, uid: string): Promise<string | undefined> {
    const key = `${kind.crd}/${uid}`
    if (!this.places.has(key)) await this.readBackupSummaries(kind)
    const place = this.places.get(key)
    if (!place) return undefined
    const handle = await open(join(this.backupFolder, customResourceFile(kind)), constants.O_RDONLY)
    try {
      const { buffer } = await handle.read(Buffer.alloc(place.bytes), 0, place.bytes, place.offset)
      return buffer.toString('utf8')
    } finally {
      await handle.close()
    }
  }

  private get inputsFile(): string {
    return join(this.folder, 'inputs.json')
  }

  private get indexFile(): string {
    return join(this.backupFolder, 'index.json')
  }

  private async copyChart(from: string, to: string): Promise<void> {
    await makeFolder(dirname(to), this.folder)
    await cp(from, to, { recursive: true, dereference: true }).catch((error: unknown) => {
      throw unwritable(`copy the chart to ${to}: ${fileReason(error)}`, error)
    })
    await makePrivate(to)
  }

  /** Reads a file of the backup again and compares it with what was given. */
  private async checkFile(file: string, given: WrittenFile): Promise<BackupIndex['files'][number]> {
    const content = await this.checkBytes(file, given)
    if (file.startsWith('custom-resources/')) {
      const crd = file.slice('custom-resources/'.length).replace(/\.ndjson$/, '')
      for (const line of linesOf(content.toString('utf8'))) {
        const { uid, specDigest } = rawObjectOf(line)
        if (this.digests.get(`${crd}/${uid}`) !== specDigest)
          throw this.damaged(`object ${uid} in ${file} is not what was read`)
      }
    }
    return { file, ...given }
  }

  private async checkBytes(file: string, given: WrittenFile): Promise<Buffer> {
    const content = await readFile(join(this.backupFolder, file)).catch((error: unknown) => {
      throw this.damaged(`${file}: ${fileReason(error)}`)
    })
    const sha256 = createHash('sha256').update(content).digest('hex')
    if (sha256 !== given.sha256 || content.length !== given.bytes)
      throw this.damaged(`${file} is not what was written`)
    return content
  }

  /** Appends to a file of the backup and keeps count of what it should hold. */
  private async keep(file: string, text: string, objects: number): Promise<void> {
    const path = join(this.backupFolder, file)
    await appendText(path, text)
    const before = this.written.get(file)
    // The digest of what was meant to be written, not of what the disk has: only so can the two be compared.
    const hash = this.hashes.get(file) ?? createHash('sha256')
    hash.update(text)
    this.hashes.set(file, hash)
    this.written.set(file, {
      sha256: hash.copy().digest('hex'),
      bytes: (before?.bytes ?? 0) + Buffer.byteLength(text),
      objects: (before?.objects ?? 0) + objects,
    })
    await syncFolder(dirname(path))
  }

  private async readLines(file: string): Promise<string[]> {
    // Another process made the backup: what is not known yet must not pass for nothing.
    if (this.written.size === 0) await this.openBackup()
    if (!this.written.has(file)) return []
    return linesOf(await readFile(join(this.backupFolder, file), 'utf8'))
  }

  private damaged(what: string): UpgradeError {
    return new UpgradeError('BackupDamaged', `check the backup: ${what}`, { folder: this.backupFolder })
  }
}

/** The body of a sealed document of a run's folder. Throws `RunUnreadable`. */
export async function readDocument(kind: string, file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw runUnreadable(file, fileReason(error))
  })
  const opened = openDocument(kind, text)
  if ('problem' in opened) throw runUnreadable(file, opened.problem)
  return opened.body
}

/** The error for a run whose files cannot be used. */
export function runUnreadable(file: string, why: string): UpgradeError {
  return new UpgradeError('RunUnreadable', `read ${file}: ${why}`, { file })
}

function customResourceFile({ crd }: CustomResourceKind): string {
  return `custom-resources/${crd}.ndjson`
}

/** Texts that helm's YAML 1.1 would take for something else (`yes`, `1_000`) are quoted: that schema does it. */
function yamlOf(values: Values): string {
  return dump(values, { schema: DUMP_SCHEMA, lineWidth: -1, noRefs: true })
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
