import type { NotesText, ReleaseNotes } from '../model/release-notes.js'
import { parseVersion, plainVersion } from '../model/version.js'

const headingPattern = /^(#{1,6})\s+(.+?)\s*#*\s*$/
const versionHeading = /^(?:release\s+|version\s+|osm\s+)?\[?(v?\d+\.\d+\.\d+[^\s\]]*)\]?/i

interface Section {
  level: number
  title: string
  lines: string[]
}

/** Notes as they were read, or unknown with the reason. */
export function releaseNotesOf({ version, source, text }: NotesText): ReleaseNotes {
  if (text === undefined) return { version, crdUpdates: 'unknown', files: [], source, notable: [] }
  return parseReleaseNotes(text, version, source)
}

/**
 * Reads one version's release notes. Format of the releases of Open Service Mesh (`CRD Updates` is a list of paths or one
 * sentence "No CRD changes between tags …"). Total: any text gives a result.
 *
 * @param text markdown, of one version or of several with a heading each
 * @param version the version wanted; where the text has headings for versions only its part is read
 */
export function parseReleaseNotes(text: string, version: string, source: string): ReleaseNotes {
  const sections = partOfVersion(sectionsOf(text), version)
  const updates = sections.find(({ title }) => /^crd\s+updates?$/i.test(title))
  const notable = sections
    .filter(({ title }) => /^(notable|breaking|deprecation)/i.test(title))
    .flatMap(bullets)
  if (!updates) return { version, crdUpdates: 'no-section', files: [], source, notable }
  const lines = updates.lines.map(plainLine).filter((line) => line !== '')
  const claimsNone = lines.some((line) => /\bno\s+crd\s+changes\b/i.test(line))
  const files = claimsNone ? [] : lines.flatMap(pathsIn)
  const crdUpdates = files.length > 0 ? 'listed' : claimsNone ? 'none' : 'no-section'
  return { version, crdUpdates, files, source, notable }
}

/** A section ends at the next heading of the same or a higher level; its own sub-headings belong to it. */
function sectionsOf(text: string): Section[] {
  const sections: Section[] = []
  const open: Section[] = []
  for (const line of text.split(/\r\n|\r|\n/)) {
    const heading = headingPattern.exec(line.slice(0, 500))
    if (!heading) {
      for (const section of open) section.lines.push(line)
      continue
    }
    const section: Section = {
      level: (heading[1] ?? '#').length,
      title: plainLine(heading[2] ?? ''),
      lines: [],
    }
    while ((open.at(-1)?.level ?? 0) >= section.level) open.pop()
    // A deeply nested text must not cost memory for every level.
    if (open.length < 6) open.push(section)
    sections.push(section)
  }
  return sections
}

function partOfVersion(sections: readonly Section[], version: string): Section[] {
  const named = (section: Section): string | undefined => {
    const candidate = versionHeading.exec(section.title)?.[1]
    return candidate && parseVersion(candidate) ? plainVersion(candidate) : undefined
  }
  if (!sections.some((section) => named(section) !== undefined)) return [...sections]
  const start = sections.findIndex((section) => named(section) === plainVersion(version))
  if (start < 0) return []
  const level = sections[start]?.level ?? 1
  const length = sections
    .slice(start + 1)
    .findIndex((section) => section.level <= level && named(section) !== undefined)
  return sections.slice(start, length < 0 ? undefined : start + 1 + length)
}

function plainLine(line: string): string {
  return line
    .replace(/<[^>]{0,200}>/g, '')
    .replace(/[`*]/g, '')
    .trim()
}

function pathsIn(line: string): string[] {
  return line
    .replace(/^[-+]\s+/, '')
    .split(/[\s,]+/)
    .filter((word) => /^[\w./-]+\.ya?ml$/i.test(word))
}

function bullets(section: Section): string[] {
  const items = section.lines.filter((line) => /^\s{0,1}[-*+]\s+/.test(line))
  return items.slice(0, 20).map((line) => plainLine(line.replace(/^\s*[-*+]\s+/, '')).slice(0, 200))
}
