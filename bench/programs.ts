/** The programs that are compared. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureBuilt } from '../test/bed/build.js'
import type { Contender } from './measure.js'

/** Our own, as it is started by node. */
export const program = fileURLToPath(new URL('../bin/run.js', import.meta.url))

export function ours(title: string, words: readonly string[], env: Record<string, string> = {}): Contender {
  return { title, command: process.execPath, words: [program, ...words], env }
}

export const bareNode: Contender = { title: 'node -e 0', command: process.execPath, words: ['-e', '0'] }

/** The path of one of the test bed's programs. */
export async function bedBinary(name: string): Promise<string> {
  return join(await ensureBuilt(), name)
}
