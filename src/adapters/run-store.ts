import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { UpgradeError } from '../errors.js'
import { chainEntry, readJournal, type JournalEntry, type JournalLine } from '../model/journal.js'
import type { RunLocation } from '../model/outcome.js'
import { planApiVersion, type UpgradePlan } from '../model/plan.js'
import type { ReleaseName } from '../model/release.js'
import type { RollbackPlan } from '../model/rollback-plan.js'
import { sealDocument } from '../model/sealed-document.js'
import type { RunWishes, UpgradeRequest } from '../model/upgrade-request.js'
import type { RunStore, RunStores } from '../ports/run-store.js'
import { fileReason } from './file-reason.js'
import { FileHopStore, readDocument, runUnreadable } from './hop-store.js'
import { packFiles, unpackFiles } from './run-archive.js'
import { appendText, makeFolder, syncFolder, unwritable, writeWhole } from './run-files.js'
import type { SecretRegistry } from './secret-registry.js'

/** Runs under `${XDG_STATE_HOME:-~/.local/state}/kubectl-mesh-upgrade` (design §4). */
export function fileRunStores(env: NodeJS.ProcessEnv, secrets: SecretRegistry): RunStores {
  const folderOf = (clusterUid: string, release: ReleaseName): string =>
    releaseFolder(env, clusterUid, release)
  const storeOf = (clusterUid: string, release: ReleaseName, runId: string): FileRunStore => {
    const folder = join(folderOf(clusterUid, release), runId)
    return new FileRunStore({ runId, folder, backupFolder: join(folder, 'backup') }, secrets)
  }
  const open = async (clusterUid: string, release: ReleaseName, runId: string): Promise<FileRunStore> => {
    const store = storeOf(clusterUid, release, runId)
    await makeFolder(store.location.backupFolder, store.location.folder)
    return store
  }
  const backupIn = (folder: string): FileHopStore => {
    const path = resolve(folder)
    return new FileHopStore(path, path, secrets)
  }
  return {
    open,
    async backupAt(folder) {
      const names = await readdir(folder).catch((): string[] => [])
      const isOfRun = !names.includes('index.json') && names.includes('1')
      return backupIn(isOfRun ? join(folder, '1') : folder)
    },
    async newBackup(folder) {
      const store = backupIn(folder)
      const held = await readdir(store.backupFolder).catch(() => [])
      if (held.length === 0) return store
      const message = `${store.backupFolder} is not empty: a backup is never written over something`
      throw new UpgradeError('RunFolderUnwritable', message)
    },
    list: (clusterUid, release) => runNames(folderOf(clusterUid, release)),
    async find(clusterUid, release, runId) {
      const store = storeOf(clusterUid, release, runId)
      const isThere = await stat(store.location.folder).then(
        (found) => found.isDirectory(),
        () => false,
      )
      return isThere ? store : undefined
    },
    async unpack({ uid, release, runId }, packed) {
      const store = await open(uid, release, runId)
      for (const { path, content } of packed.flatMap(unpackFiles)) await store.putFile(path, content)
      return store
    },
    async remove(clusterUid, release, runId) {
      const { folder } = storeOf(clusterUid, release, runId).location
      // Half a folder would be taken for a run that is damaged.
      const away = join(dirname(folder), `.deleted-${runId}`)
      await rm(away, { recursive: true, force: true })
      await rename(folder, away).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw unwritable(`delete ${folder}: ${fileReason(error)}`, error)
      })
      await rm(away, { recursive: true, force: true })
    },
  }
}

/** Where the runs of a release are kept. */
export function releaseFolder(env: NodeJS.ProcessEnv, clusterUid: string, release: ReleaseName): string {
  const state = env.XDG_STATE_HOME ? env.XDG_STATE_HOME : join(homedir(), '.local', 'state')
  // The uid may be a digest: a colon in a folder's name is not for every system.
  const cluster = clusterUid.replace(/[^\w.-]/g, '_')
  return join(state, 'kubectl-mesh-upgrade', cluster, release.namespace, release.name)
}

/** Ids of the runs in it, oldest first. */
export async function runNames(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => !name.startsWith('.')).sort()
}

class FileRunStore implements RunStore {
  private last: JournalEntry | undefined
  /** The journal without its torn last line, until that is mended. */
  private whole: string | undefined
  private readonly hops = new Map<number, FileHopStore>()

  constructor(
    readonly location: RunLocation,
    private readonly secrets: SecretRegistry,
  ) {}

  async writePlan(plan: UpgradePlan, request: UpgradeRequest): Promise<void> {
    await writeWhole(this.file('plan.json'), `${JSON.stringify(plan, null, 2)}\n`)
    await writeWhole(this.file('run.json'), sealDocument('Run', { plan, request }))
    await syncFolder(this.location.folder)
  }

  async readPlan(): Promise<{ plan: UpgradePlan; request: UpgradeRequest }> {
    const file = this.file('run.json')
    const body = (await readDocument('Run', file)) as { plan: UpgradePlan; request: UpgradeRequest }
    if (body.plan.apiVersion !== planApiVersion)
      throw runUnreadable(file, `its plan is ${String(body.plan.apiVersion)}`)
    return body
  }

  writeRollbackPlan(plan: RollbackPlan): Promise<void> {
    return writeWhole(this.file('rollback.json'), sealDocument('Rollback', plan))
  }

  async readRollbackPlan(): Promise<RollbackPlan | undefined> {
    const file = this.file('rollback.json')
    const isThere = await stat(file).then(
      () => true,
      () => false,
    )
    return isThere ? ((await readDocument('Rollback', file)) as RollbackPlan) : undefined
  }

  writeRollbackWishes(wishes: RunWishes): Promise<void> {
    return writeWhole(this.file('rollback-wishes.json'), sealDocument('RollbackWishes', wishes))
  }

  async readRollbackWishes(): Promise<RunWishes> {
    const file = this.file('rollback-wishes.json')
    const isThere = await stat(file).then(
      () => true,
      () => false,
    )
    return isThere ? ((await readDocument('RollbackWishes', file)) as RunWishes) : {}
  }

  async appendJournal(line: JournalLine): Promise<void> {
    // The next line must begin a line of its own. Only now: whoever only reads may see a line that is being written.
    if (this.whole !== undefined) await writeWhole(this.journal, this.whole)
    this.whole = undefined
    const entry = chainEntry(this.last, line)
    await appendText(this.journal, `${JSON.stringify(entry)}\n`)
    this.last = entry
  }

  async readJournal(): Promise<JournalEntry[]> {
    const text = await readFile(this.journal, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return ''
      throw runUnreadable(this.journal, fileReason(error))
    })
    const { entries, isTorn, damage } = readJournal(text)
    if (damage !== undefined) {
      throw new UpgradeError('JournalDamaged', `read ${this.journal}: ${damage}`, {
        folder: this.location.folder,
        backup: this.location.backupFolder,
      })
    }
    this.whole = isTorn ? text.slice(0, text.lastIndexOf('\n') + 1) : undefined
    this.last = entries.at(-1)
    return entries
  }

  hop(number: number): FileHopStore {
    const known = this.hops.get(number)
    if (known) return known
    const name = String(number)
    const store = new FileHopStore(
      join(this.location.folder, 'hops', name),
      join(this.location.backupFolder, name),
      this.secrets,
    )
    this.hops.set(number, store)
    return store
  }

  async packHop(number: number, longestBytes: number): Promise<{ packed: string; leftOut: string[] }> {
    const { folder } = this.location
    // The first hop carries what is foreseen of the others, too.
    const hops = number === 1 ? join(folder, 'hops') : this.hop(number).folder
    const found = await Promise.all([hops, this.hop(number).backupFolder].map(filesUnder))
    const names = ['run.json', 'plan.json', 'journal.ndjson'].map((name) => this.file(name))
    const files = await Promise.all(
      [...names, ...found.flat()].map(async (file) => ({
        path: relative(folder, file).split(sep).join('/'),
        content: await readFile(file),
      })),
    )
    return packFiles(files, longestBytes)
  }

  /** Puts a file of another machine's run to its place. */
  async putFile(path: string, content: Uint8Array): Promise<void> {
    const file = join(this.location.folder, path)
    if (relative(this.location.folder, file).startsWith('..'))
      throw runUnreadable(path, 'it lies outside the folder of the run')
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await writeWhole(file, content)
  }

  private get journal(): string {
    return this.file('journal.ndjson')
  }

  private file(name: string): string {
    return join(this.location.folder, name)
  }
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
}
