import { createHash, type Hash } from 'node:crypto'
import { constants, type Mode } from 'node:fs'
import { access, mkdir, open, readFile, stat, type FileHandle } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { DUMP_SCHEMA, dump } from 'js-yaml'
import { UpgradeError } from '../errors.js'
import type { CustomResourceKind, CustomResourceSummary, LiveCrd, RawObject } from '../model/crd.js'
import type { JournalEntry } from '../model/journal.js'
import type { RunLocation } from '../model/outcome.js'
import type { UpgradePlan } from '../model/plan.js'
import type { ReleaseName } from '../model/release.js'
import type { Sensitive, Values } from '../model/values.js'
import type { BackupIndex, RunStore, RunStores } from '../ports/run-store.js'
import { fileReason } from './file-reason.js'
import { rawObjectOf } from './raw-pages.js'

const folderMode: Mode = 0o700
const fileMode: Mode = 0o600

/** Runs under `${XDG_STATE_HOME:-~/.local/state}/kubectl-mesh-upgrade` (design §4). */
export function fileRunStores(env: NodeJS.ProcessEnv): RunStores {
  return {
    async open(clusterUid: string, release: ReleaseName, runId: string): Promise<RunStore> {
      const state =
        env.XDG_STATE_HOME !== undefined && env.XDG_STATE_HOME !== ''
          ? env.XDG_STATE_HOME
          : join(homedir(), '.local', 'state')
      // The uid may be a digest: a colon in a folder's name is not for every system.
      const folder = join(
        state,
        'kubectl-mesh-upgrade',
        clusterUid.replace(/[^\w.-]/g, '_'),
        release.namespace,
        release.name,
        runId,
      )
      const backupFolder = join(folder, 'backup')
      await makeFolder(join(backupFolder, 'custom-resources'), folder)
      return new FileRunStore({ runId, folder, backupFolder })
    },
  }
}

interface WrittenFile {
  sha256: string
  bytes: number
  objects: number
}

class FileRunStore implements RunStore {
  private readonly written = new Map<string, WrittenFile>()
  /** Digest of each custom resource as it was read, by CRD and uid. */
  private readonly digests = new Map<string, string>()
  /** Where each object of a kind stands in its file, by CRD and uid; known once the summaries were read. */
  private readonly places = new Map<string, { offset: number; bytes: number }>()
  private readonly hashes = new Map<string, Hash>()

  constructor(readonly location: RunLocation) {}

  writePlan(plan: UpgradePlan): Promise<void> {
    return this.write(join(this.location.folder, 'plan.json'), `${JSON.stringify(plan, null, 2)}\n`)
  }

  appendJournal(entry: JournalEntry): Promise<void> {
    return this.append(join(this.location.folder, 'journal.ndjson'), `${JSON.stringify(entry)}\n`)
  }

  async writeValues(values: Sensitive<Values>): Promise<string> {
    const file = join(this.location.folder, 'values.yaml')
    await this.write(file, yamlOf(values.reveal()))
    return file
  }

  backupRelease(storageObjects: string[]): Promise<void> {
    return this.keep(
      'release.ndjson',
      storageObjects.map((object) => `${object}\n`).join(''),
      storageObjects.length,
    )
  }

  backupValues(values: Sensitive<Values>): Promise<void> {
    return this.keep('values.yaml', yamlOf(values.reveal()), 1)
  }

  backupCrds(crds: LiveCrd[]): Promise<void> {
    return this.keep('crds.ndjson', crds.map(({ raw }) => `${raw}\n`).join(''), crds.length)
  }

  async backupCustomResources(kind: CustomResourceKind, page: RawObject[]): Promise<void> {
    for (const object of page) this.digests.set(`${kind.crd}/${object.uid}`, object.specDigest)
    const text = page.map(({ raw }) => `${raw}\n`).join('')
    await this.keep(customResourceFile(kind), text, page.length)
  }

  async sealBackup(): Promise<BackupIndex> {
    const files = await Promise.all(
      [...this.written].map(([file, expected]) => this.checkFile(file, expected)),
    )
    const index: BackupIndex = { files }
    await this.write(join(this.location.backupFolder, 'index.json'), `${JSON.stringify(index, null, 2)}\n`)
    return index
  }

  async readBackupSummaries(kind: CustomResourceKind): Promise<CustomResourceSummary[]> {
    const lines = await this.readLines(customResourceFile(kind))
    let offset = 0
    return lines.map((line) => {
      const { namespace, name, uid, specDigest, labelsDigest } = rawObjectOf(line)
      const bytes = Buffer.byteLength(line)
      this.places.set(`${kind.crd}/${uid}`, { offset, bytes })
      offset += bytes + 1
      return { namespace, name, uid, specDigest, labelsDigest }
    })
  }

  async readBackupObject(kind: CustomResourceKind, uid: string): Promise<string | undefined> {
    const key = `${kind.crd}/${uid}`
    if (!this.places.has(key)) await this.readBackupSummaries(kind)
    const place = this.places.get(key)
    if (!place) return undefined
    const handle = await open(join(this.location.backupFolder, customResourceFile(kind)), constants.O_RDONLY)
    try {
      const { buffer } = await handle.read(Buffer.alloc(place.bytes), 0, place.bytes, place.offset)
      return buffer.toString('utf8')
    } finally {
      await handle.close()
    }
  }

  /** Reads a file of the backup again and compares it with what was given. */
  private async checkFile(file: string, expected: WrittenFile): Promise<BackupIndex['files'][number]> {
    const path = join(this.location.backupFolder, file)
    const content = await readFile(path)
    const sha256 = createHash('sha256').update(content).digest('hex')
    if (sha256 !== expected.sha256 || content.length !== expected.bytes)
      throw this.damaged(`${file} is not what was written`)
    if (file.startsWith('custom-resources/')) {
      const crd = file.slice('custom-resources/'.length).replace(/\.ndjson$/, '')
      for (const line of linesOf(content.toString('utf8'))) {
        const { uid, specDigest } = rawObjectOf(line)
        if (this.digests.get(`${crd}/${uid}`) !== specDigest)
          throw this.damaged(`object ${uid} in ${file} is not what was read`)
      }
    }
    return { file, ...expected }
  }

  /** Appends to a file of the backup and keeps count of what it should hold. */
  private async keep(file: string, text: string, objects: number): Promise<void> {
    await this.append(join(this.location.backupFolder, file), text)
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
    await syncFolder(dirname(join(this.location.backupFolder, file)))
  }

  private async readLines(file: string): Promise<string[]> {
    if (!this.written.has(file)) return []
    return linesOf(await readFile(join(this.location.backupFolder, file), 'utf8'))
  }

  private write(file: string, text: string): Promise<void> {
    return this.put(file, text, constants.O_CREAT | constants.O_TRUNC | constants.O_WRONLY)
  }

  private append(file: string, text: string): Promise<void> {
    return this.put(file, text, constants.O_CREAT | constants.O_APPEND | constants.O_WRONLY)
  }

  private put(file: string, text: string, flags: number): Promise<void> {
    return writing(file, async () => {
      let handle: FileHandle | undefined
      try {
        handle = await open(file, flags, fileMode)
        await handle.writeFile(text)
        await handle.sync()
      } finally {
        await handle?.close()
      }
    })
  }

  private damaged(what: string): UpgradeError {
    return new UpgradeError('BackupDamaged', `check the backup: ${what}`, {
      folder: this.location.backupFolder,
    })
  }
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

/** Makes a new entry of a folder last; not every system can do that. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY).catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

async function writing<T>(what: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    throw unwritable(`write ${what}: ${fileReason(error)}`, error)
  }
}

async function makeFolder(path: string, folder: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: folderMode })
  } catch (error) {
    throw unwritable(`make the folder of this run, ${folder}: ${await folderReason(folder, error)}`, error)
  }
}

/** Making several folders at once, node blames the wrong thing: the nearest folder that is there tells why. */
async function folderReason(folder: string, error: unknown): Promise<string> {
  const place = dirname(folder)
  try {
    const isFolder = (await stat(place)).isDirectory()
    if (!isFolder) return `${place} is no folder`
    await access(place, constants.W_OK)
    return fileReason(error)
  } catch (found) {
    const { code } = found as NodeJS.ErrnoException
    const climbs = (code === 'ENOENT' || code === 'ENOTDIR') && place !== folder
    return climbs ? folderReason(place, error) : `${place}: ${fileReason(found)}`
  }
}

function unwritable(message: string, cause: unknown): UpgradeError {
  return new UpgradeError('RunFolderUnwritable', message, {}, cause)
}
