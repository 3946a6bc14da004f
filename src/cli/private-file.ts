import { rename, writeFile } from 'node:fs/promises'
import { UpgradeError } from '../errors.js'

/** Writes a file that only its owner can read, whatever was there before. */
export async function writePrivateFile(file: string, content: string): Promise<void> {
  const unfinished = `${file}.${process.pid}.tmp`
  try {
    // A new file takes the mode; an old one would keep its own.
    await writeFile(unfinished, content, { mode: 0o600, flag: 'wx' })
    await rename(unfinished, file)
  } catch (error) {
    throw new UpgradeError('Usage', `write ${file}: ${(error as Error).message}`, {}, error)
  }
}
