import { constants, type Mode } from 'node:fs'
import { access, chmod, mkdir, open, readdir, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UpgradeError } from '../errors.js'
import { fileReason } from './file-reason.js'

const folderMode: Mode = 0o700
const fileMode: Mode = 0o600

/** Writes a whole file, on disk when done. Throws `RunFolderUnwritable`. */
export function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  return put(file, content, constants.O_CREAT | constants.O_TRUNC | constants.O_WRONLY)
}

/** Appends to a file, on disk when done. Throws `RunFolderUnwritable`. */
export function appendText(file: string, text: string): Promise<void> {
  return put(file, text, constants.O_CREAT | constants.O_APPEND | constants.O_WRONLY)
}

/** Makes a new entry of a folder last; not every system can do that. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY).catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

/** Makes `path` for its owner alone. Throws `RunFolderUnwritable`, which names the run's `folder`. */
export async function makeFolder(path: string, folder: string): Promise<void> {
  try {
    await makeFolders(path)
  } catch (error) {
    throw unwritable(`make the folder of this run, ${folder}: ${await folderReason(folder, error)}`, error)
  }
}

/** One after the other: making several at once, node asks for ever where a file system (procfs) has no such entry. */
async function makeFolders(path: string): Promise<void> {
  const missing: string[] = []
  for (let at = path; !(await isThere(at)) && dirname(at) !== at; at = dirname(at)) missing.push(at)
  for (const folder of missing.reverse()) {
    await mkdir(folder, { mode: folderMode }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false
      throw error
    },
  )
}

/** What was copied is for its owner alone, too. */
export async function makePrivate(path: string): Promise<void> {
  const isFolder = (await stat(path)).isDirectory()
  await chmod(path, isFolder ? folderMode : fileMode)
  if (isFolder) await Promise.all((await readdir(path)).map((name) => makePrivate(join(path, name))))
}

/** The error for a run's folder that cannot be written. */
export function unwritable(message: string, cause: unknown): UpgradeError {
  return new UpgradeError('RunFolderUnwritable', message, {}, cause)
}

async function put(file: string, content: string | Uint8Array, flags: number): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await open(file, flags, fileMode)
    await handle.writeFile(content)
    await handle.sync()
  } catch (error) {
    throw unwritable(`write ${file}: ${fileReason(error)}`, error)
  } finally {
    await handle?.close()
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
