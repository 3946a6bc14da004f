import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of this process for what others must not read; made when first needed, removed at exit. */
export class TempFolder {
  private root: string | undefined
  private count = 0

  /** A new empty folder (0700). */
  newFolder(purpose: string): string {
    const folder = join(this.path(), `${purpose}-${++this.count}`)
    mkdirSync(folder, { mode: 0o700 })
    return folder
  }

  /** A new file (0600) with a content that may be secret. */
  newFile(name: string, content: string): string {
    const file = join(this.path(), `${++this.count}-${name}`)
    writeFileSync(file, content, { mode: 0o600 })
    return file
  }

  private path(): string {
    if (this.root === undefined) {
      const root = mkdtempSync(join(tmpdir(), 'mesh-upgrade-'))
      process.once('exit', () => rmSync(root, { recursive: true, force: true }))
      this.root = root
    }
    return this.root
  }
}
