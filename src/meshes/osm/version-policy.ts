import { parseVersion, plainVersion } from '../../model/version.js'
import type { HopJudgement } from '../mesh.js'
import { compareVersions, minorLine, stableAfter } from '../version-order.js'

/**
 * Releases that should not be a target: OSM's own follow-ups mended them.
 * Source: osm#4967, osm#5065, osm#3654.
 */
export const avoidedVersions: Record<string, string> = {
  '0.9.0': 'its chart holds a MeshConfig object that helm cannot create before the CRD; 0.9.2 mends it',
  '0.9.1': 'its chart holds a MeshConfig object that helm cannot create before the CRD; 0.9.2 mends it',
  '1.1.0': 'MeshConfig conversion deadlocks after an upgrade (osm#4967); 1.1.2 mends it',
  '1.1.1': 'MeshConfig conversion deadlocks after an upgrade (osm#4967); 1.1.2 mends it',
  '1.2.0': 'MeshConfig conversion deadlocks after an upgrade (osm#4967); 1.2.1 mends it',
}

/**
 * One minor at a time is what OSM tested and supports ("Policy" of the upgrade guide, e2e_upgrade_test):
 * within a minor every jump is supported, over more than one minor it is too far.
 */
export function judgeHop(from: string, to: string, available: readonly string[]): HopJudgement {
  if (compareVersions(to, from) < 0) return { type: 'downgrade' }
  const lines = minorLinesBetween(from, to, available)
  if (lines <= 1) return { type: 'supported' }
  const next = recommendTarget(from, available)
  return {
    type: 'too-far',
    nextTarget: next?.version ?? nextMinor(from),
    reason: `Open Service Mesh supports one minor at a time; ${plainVersion(from)} → ${plainVersion(to)} is ${lines}`,
  }
}

/** Where nothing is known of what is published: the range of the next minor, which `--to` takes. */
function nextMinor(from: string): string {
  const version = parseVersion(from)
  return version ? `${version.major}.${version.minor + 1}` : 'the next minor'
}

/** The newest good patch of the next minor, else of this one. */
export function recommendTarget(
  from: string,
  available: readonly string[],
): { version: string; reason: string } | undefined {
  const good = stableAfter(from, available).filter((version) => !(plainVersion(version) in avoidedVersions))
  const nextLine = good.map(minorLine).find((line) => line !== minorLine(from))
  const line = nextLine ?? minorLine(from)
  const version = good.filter((candidate) => minorLine(candidate) === line).at(-1)
  if (!version) return undefined
  const reason = nextLine
    ? `the newest patch of the next minor; Open Service Mesh supports one minor at a time`
    : `the newest patch of this minor; no newer minor is published`
  return { version, reason }
}

function minorLinesBetween(from: string, to: string, available: readonly string[]): number {
  const [start, end] = [parseVersion(from), parseVersion(to)]
  if (!start || !end) return 1
  if (start.major === end.major) return end.minor - start.minor
  // 0.11 → 1.0 is one step, although the numbers say otherwise.
  const between = stableAfter(from, [...available, to]).filter((version) => compareVersions(version, to) <= 0)
  return new Set(between.map(minorLine).filter((line) => line !== minorLine(from))).size
}
