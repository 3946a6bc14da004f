import type { MeshProfile } from './mesh.js'
import { compareVersions } from './version-order.js'

/**
 * Published versions to go through from `from` to `to`, both left out; empty where the jump is supported,
 * and where no supported path is published.
 */
export function versionsBetween(
  profile: Pick<MeshProfile, 'judgeHop'>,
  from: string,
  to: string,
  available: readonly string[],
): string[] {
  const between: string[] = []
  let at = from
  for (;;) {
    const judgement = profile.judgeHop(at, to, available)
    if (judgement.type === 'supported') return between
    if (judgement.type === 'downgrade') return []
    const next = judgement.nextTarget
    const leadsOn = compareVersions(next, at) > 0 && compareVersions(next, to) < 0
    if (!leadsOn || !available.includes(next)) return []
    between.push(next)
    at = next
  }
}
