import { gunzipSync, gzipSync } from 'node:zlib'
import { isMapping } from '../model/values.js'
import { runUnreadable } from './hop-store.js'

export interface RunFile {
  /** Inside the run's folder, with slashes. */
  path: string
  content: Buffer
}

/** What may be left out, the first to go first: a backup of many objects is what grows. */
const optional: { name: string; holds: (path: string) => boolean }[] = [
  { name: 'custom resources of the backup', holds: (path) => path.includes('/custom-resources/') },
  { name: "the backup of helm's storage", holds: (path) => path.endsWith('/release.ndjson') },
]

/** Files as one text that a Secret can hold: gzip in base64, at most `longestBytes` before base64. */
export function packFiles(
  files: readonly RunFile[],
  longestBytes: number,
): { packed: string; leftOut: string[] } {
  const leftOut: string[] = []
  let kept = [...files]
  for (const part of [undefined, ...optional]) {
    if (part) {
      kept = kept.filter(({ path }) => !part.holds(path))
      leftOut.push(part.name)
    }
    const zipped = gzipSync(
      JSON.stringify(kept.map(({ path, content }) => ({ path, content: content.toString('base64') }))),
    )
    if (zipped.length <= longestBytes) return { packed: zipped.toString('base64'), leftOut }
  }
  throw new Error(
    `chart and values of this run are larger than the ${longestBytes} bytes that a Secret holds`,
  )
}

/** The files of `packFiles`. Throws `RunUnreadable` for anything else. */
export function unpackFiles(packed: string): RunFile[] {
  let files: unknown
  try {
    files = JSON.parse(gunzipSync(Buffer.from(packed, 'base64'), { maxOutputLength: 512 << 20 }).toString())
  } catch {
    throw runUnreadable('what the cluster keeps of the run', 'it is not whole')
  }
  const list = Array.isArray(files) ? files : []
  return list.map((file: unknown) => {
    if (!isMapping(file) || typeof file.path !== 'string' || typeof file.content !== 'string')
      throw runUnreadable('what the cluster keeps of the run', 'it holds something else than files')
    return { path: file.path, content: Buffer.from(file.content, 'base64') }
  })
}
