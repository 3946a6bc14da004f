const semverPattern = /^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/i

/** Parts of a semantic version; chart versions may carry a leading v (`v0.11.1`). */
export interface VersionParts {
  major: number
  minor: number
  patch: number
  prerelease: string
}

/** Splits a version; undefined where it is no semantic version. */
export function parseVersion(version: string): VersionParts | undefined {
  const match = semverPattern.exec(version.trim())
  if (!match) return undefined
  return {
    major: Number(match[1]),
    minor: Number(match[2]),
    patch: Number(match[3]),
    prerelease: match[4] ?? '',
  }
}

/** The version without a leading v, for comparing; the text itself where it is no semantic version. */
export function plainVersion(version: string): string {
  return version.trim().replace(/^v(?=\d)/i, '')
}
