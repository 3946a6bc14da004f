import { parseVersion, plainVersion } from '../model/version.js'
import { compare, satisfies, valid, validRange } from 'semver'

/** Orders versions, a leading v ignored; texts that are no versions come first. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [valid(plainVersion(left)), valid(plainVersion(right))]
  if (a && b) return compare(a, b)
  if (a || b) return a ? 1 : -1
  return left < right ? -1 : left > right ? 1 : 0
}

/** Stable versions newer than `from`, oldest first, one entry a version. */
export function stableAfter(from: string, available: readonly string[]): string[] {
  const stable = available.filter((version) => parseVersion(version)?.prerelease === '')
  const newer = stable.filter((version) => compareVersions(version, from) > 0)
  return [...newer].sort(compareVersions)
}

/** `0.10` of `v0.10.1`: versions of one minor line share it. */
export function minorLine(version: string): string {
  const parts = parseVersion(version)
  return parts ? `${parts.major}.${parts.minor}` : version
}

/**
 * The newest available version that a wish names: a version with or without its leading v, or a range
 * (`0.10.x`, `>=0.10 <0.12`). Undefined where none does. Prereleases match only when named or `devel`.
 */
export function resolveVersion(
  wish: string,
  available: readonly string[],
  devel: boolean,
): string | undefined {
  const exact = available.find((version) => plainVersion(version) === plainVersion(wish))
  if (exact !== undefined || validRange(wish) === null) return exact
  const matching = available.filter((version) =>
    satisfies(plainVersion(version), wish, { includePrerelease: devel }),
  )
  return [...matching].sort(compareVersions).at(-1)
}
