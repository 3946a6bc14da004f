import { readdir, readFile, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../errors.js'
import { readJournal } from '../model/journal.js'
import { field, textField } from '../model/kube-object.js'
import type { KeptRun } from '../model/run-history.js'
import type { KeptRuns } from '../ports/kept-runs.js'
import { fileReason } from './file-reason.js'
import { readDocument } from './hop-store.js'
import { releaseFolder, runNames } from './run-store.js'

/** Looks at the folders of runs and changes nothing in them, since one of them may be at work. */
export function keptRuns(env: NodeJS.ProcessEnv): KeptRuns {
  return {
    async list(clusterUid, release) {
      const folder = releaseFolder(env, clusterUid, release)
      const found: KeptRun[] = []
      for (const runId of (await runNames(folder)).reverse()) {
        const run = await lookAt(runId, join(folder, runId))
        // One that was refused before it began leaves an empty folder.
        if (run.bytes > 0) found.push(run)
      }
      return found
    },
    async size(clusterUid, release) {
      const folder = releaseFolder(env, clusterUid, release)
      const names = await runNames(folder)
      const sizes = await Promise.all(names.map((name) => bytesUnder(join(folder, name))))
      return { runs: names.length, bytes: sizes.reduce((sum, bytes) => sum + bytes, 0) }
    },
  }
}

async function lookAt(runId: string, folder: string): Promise<KeptRun> {
  const problems: string[] = []
  const text = await readFile(join(folder, 'journal.ndjson'), 'utf8').catch((error: unknown) => {
    problems.push(`journal.ndjson: ${fileReason(error)}`)
    return ''
  })
  const { entries, damage } = readJournal(text)
  if (damage !== undefined) problems.push(damage)
  const body = await readDocument('Run', join(folder, 'run.json')).catch((error: unknown) => {
    problems.push(messageOf(error))
    return undefined
  })
  const [from, to] = ['from', 'to'].map((end) => textField(field(body, 'plan', end), 'chartVersion'))
  const hops = field(body, 'plan', 'hops')
  return {
    ...{ runId, folder, entries, location: `${hostname()}:${folder}`, bytes: await bytesUnder(folder) },
    ...(from && to ? { path: { from, to, hops: Array.isArray(hops) ? hops.length : 1 } } : {}),
    ...(problems.length === 0 ? {} : { damage: problems.join('; ') }),
  }
}

/** Files may come and go while this is counted. */
async function bytesUnder(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  const sizes = await Promise.all(
    files.map((file) =>
      stat(file)
        .then(({ size }) => size)
        .catch(() => 0),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
