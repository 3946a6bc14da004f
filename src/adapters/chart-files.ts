import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ChartFile } from './chart-digest.js'
import { parseHelmIgnore, type IgnoreRules } from './helm-ignore.js'

/** The limits that helm sets for archives (pkg/chart/loader/archive: 100 MiB, 5 MiB a file). */
const largestChart = 100 * 1024 * 1024
const largestFile = 5 * 1024 * 1024
const mostFiles = 20_000

/** Keeps what is read within the limits; throws in plain words where a chart is beyond them. */
class FileCollector {
  readonly files: ChartFile[] = []
  private bytes = 0

  add(name: string, data: Buffer, size = data.length): void {
    this.bytes += size
    if (size > largestFile) throw new Error(`${name} is larger than ${largestFile / 1024 / 1024} MiB`)
    if (this.bytes > largestChart) throw new Error(`it is larger than ${largestChart / 1024 / 1024} MiB`)
    if (this.files.length >= mostFiles) throw new Error(`it has more than ${mostFiles} files`)
    this.files.push({ name, data: withoutBom(data) })
  }
}

/** Files of a chart folder as helm loads them: `.helmignore` counts, links are followed. Throws in plain words. */
export function readChartFolder(folder: string): ChartFile[] {
  const collector = new FileCollector()
  walk(folder, '', readIgnoreRules(folder), collector)
  return collector.files
}

function readIgnoreRules(folder: string): IgnoreRules {
  try {
    return parseHelmIgnore(readFileSync(join(folder, '.helmignore'), 'utf8'))
  } catch {
    return parseHelmIgnore('')
  }
}

function walk(root: string, below: string, rules: IgnoreRules, collector: FileCollector): void {
  // Deeper than any chart: a link that leads back to where it is.
  if (below.split('/').length > 40) throw new Error(`${below} is nested too deep`)
  for (const name of readdirSync(join(root, below)).sort()) {
    const path = below === '' ? name : `${below}/${name}`
    const file = join(root, path)
    const info = lstatSync(file).isSymbolicLink() ? statSync(file) : lstatSync(file)
    if (rules.ignores(path, info.isDirectory())) continue
    if (info.isDirectory()) walk(root, path, rules, collector)
    else if (info.isFile()) {
      if (info.size > largestFile) throw new Error(`${path} is larger than ${largestFile / 1024 / 1024} MiB`)
      collector.add(path, readFileSync(file))
    }
  }
}

/** Files of a packed chart, without the folder that they are packed in; nothing is written. Throws in plain words. */
export async function readChartArchive(archive: Buffer): Promise<ChartFile[]> {
  // Only charts that are packed need it.
  const { Parser } = await import('tar')
  const collector = new FileCollector()
  await new Promise<void>((resolve, reject) => {
    const parser = new Parser({
      strict: true,
      onReadEntry: (entry) => {
        if (entry.type !== 'File' && entry.type !== 'OldFile') {
          entry.resume()
          return
        }
        const chunks: Buffer[] = []
        let size = 0
        entry.on('data', (chunk: Buffer) => {
          size += chunk.length
          // What is too large is refused below without being kept.
          if (size <= largestFile) chunks.push(chunk)
        })
        entry.on('end', () => {
          try {
            collector.add(nameInChart(entry.path), Buffer.concat(chunks), size)
          } catch (error) {
            parser.abort(error as Error)
          }
        })
      },
    })
    parser.on('error', reject)
    parser.on('abort', (error: Error) => reject(error))
    parser.on('end', () => resolve())
    parser.end(archive)
  })
  if (collector.files.length === 0) throw new Error('it is no packed chart')
  return collector.files
}

function nameInChart(path: string): string {
  const parts = path.replaceAll('\\', '/').split('/')
  if (path.startsWith('/') || parts.includes('..')) throw new Error(`${path} leads out of the chart`)
  return parts
    .filter((part) => part !== '.')
    .slice(1)
    .join('/')
}

/** helm drops it from every file, so that it must not count in digests. */
function withoutBom(data: Buffer): Buffer {
  return data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf ? data.subarray(3) : data
}
