import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { messageOf } from '../errors.js'
import { planFileInvalid } from '../model/frozen-plan.js'
import type { ChartPacker } from '../ports/chart-packer.js'
import { readChartFolder } from './chart-files.js'
import { chartUnreadable, loadChartAt } from './chart-loader.js'
import { fileReason } from './file-reason.js'
import { packFiles, unpackFiles, type RunFile } from './run-archive.js'
import { TempFolder } from './temp-folder.js'

/** Packs an archive as it is, and a folder by the files that helm would load. */
export function chartPacker(): ChartPacker {
  const temp = new TempFolder()
  return {
    async pack({ path, reference }) {
      try {
        return packFiles(filesAt(path), Infinity).packed
      } catch (error) {
        throw chartUnreadable(reference, fileReason(error), error)
      }
    },
    async unpack({ files, reference, source, name, version }) {
      const invalid = (why: string): Error => planFileInvalid(reference, `holds no usable chart: ${why}`)
      const folder = temp.newFolder('chart')
      try {
        const unpacked = unpackFiles(files)
        const [first] = unpacked
        const isArchive = unpacked.length === 1 && /\.(tgz|tar\.gz)$/.test(first?.path ?? '')
        // helm wants a folder that is called like the chart, for nothing but its warnings.
        const place = isArchive ? folder : join(folder, basename(`${name}-${version}`))
        for (const file of unpacked) write(place, file)
        const path = isArchive ? join(place, basename(first?.path ?? '')) : place
        return await loadChartAt({ path, reference, source })
      } catch (error) {
        throw invalid(messageOf(error))
      }
    },
  }
}

function filesAt(path: string): RunFile[] {
  if (!statSync(path).isDirectory()) return [{ path: basename(path), content: readFileSync(path) }]
  return readChartFolder(path).map(({ name, data }) => ({ path: name, content: data }))
}

function write(folder: string, { path, content }: RunFile): void {
  const file = join(folder, path)
  if (relative(folder, file).startsWith('..')) throw new Error(`${path} leads out of the chart`)
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, content, { mode: 0o600 })
}
