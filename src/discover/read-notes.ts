import type { MeshProfile } from '../meshes/mesh.js'
import { compareVersions, stableAfter } from '../meshes/version-order.js'
import type { NotesText } from '../model/release-notes.js'
import { plainVersion } from '../model/version.js'
import type { ReadPorts } from '../ports/ports.js'

const timeoutMs = 5_000

export interface NotesWish {
  from: string
  to: string
  /** Published stable versions. */
  available: readonly string[]
  /** `--release-notes`: a file, a folder, or a URL in which `{version}` is filled in. */
  location: string | undefined
}

/**
 * Release notes of every version after `from` up to `to`. What cannot be read is unknown, not empty;
 * never throws.
 */
export async function readNotes(
  wish: NotesWish,
  profile: MeshProfile,
  ports: ReadPorts,
): Promise<NotesText[]> {
  const { from, to, available } = wish
  const newer = stableAfter(from, [...available, to])
  const between = newer.filter((version) => compareVersions(version, to) <= 0)
  const versions = [...new Set(between.map(plainVersion))]
  return Promise.all(versions.map((version) => readOne(version, wish, profile, ports)))
}

async function readOne(
  version: string,
  { location }: NotesWish,
  profile: MeshProfile,
  ports: ReadPorts,
): Promise<NotesText> {
  try {
    const source =
      location === undefined ? profile.releaseNotes?.url(version) : await fill(location, version, ports)
    if (source === undefined) return { version, source: 'no release notes are known for it' }
    const text = await ports.texts.readText(source, timeoutMs)
    // Notes of another version say nothing of this one; an archive is no text at all.
    const isAboutIt = mentions(version, source) || mentions(version, text)
    if (text.includes('\0') || !isAboutIt) return { version, source: `${source} does not mention ${version}` }
    return { version, source, text }
  } catch (error) {
    return { version, source: error instanceof Error ? error.message : String(error) }
  }
}

async function fill(location: string, version: string, ports: ReadPorts): Promise<string | undefined> {
  if (location.includes('{version}')) return location.replaceAll('{version}', version)
  const files = await ports.texts.listNotes(location)
  if (files.length <= 1) return files[0]
  return files.find((file) => mentions(version, file))
}

function mentions(version: string, text: string): boolean {
  return new RegExp(`(^|[^0-9.])v?${version.replace(/[.+]/g, '\\$&')}([^0-9]|$)`).test(text)
}
