import type { CrdOwnership } from '../../meshes/mesh.js'
import { compareVersions } from '../../meshes/version-order.js'
import type { CrdChange } from '../../model/crd.js'
import type { Finding } from '../../model/finding.js'

export interface OwnedCrds {
  ownership: CrdOwnership
  /** CRDs that the plan was given; empty where the chart carries none and `--crds-from` is not used. */
  target: readonly unknown[]
  from: string
  to: string
}

/** CRDs that a workload of the mesh brings: who, and whether it can be known what they become. */
export function ownerFindings(
  changes: readonly CrdChange[],
  { ownership, target, from, to }: OwnedCrds,
): Finding[] {
  // At the same version the owner brings what is there already.
  if (ownership.owner !== 'workload' || compareVersions(from, to) === 0) return []
  const { by } = ownership
  const left = changes.filter(({ action }) => action === 'left-to-owner')
  if (target.length > 0 && left.length === 0) {
    const message = `${by} applies its own CRDs when it starts; those of --crds-from are proved and applied first`
    return [{ code: 'MU208', severity: 'info', message, evidence: [] }]
  }
  const published = ownership.published?.(to)
  const example = published ? `; they are published: --crds-from ${published.folder}` : ''
  return [
    {
      code: 'MU208',
      severity: 'unknown',
      message: unknownMessage(left, { by, to, given: target.length > 0 }),
      evidence: left.map(({ name, customResources }) => `${name}: ${customResources} custom resources`),
      remedy: {
        text: `to have them compared, proved and applied first, give them with --crds-from FOLDER|FILE|URL${example}`,
        commands: published?.commands ?? [],
      },
    },
  ]
}

function unknownMessage(
  left: readonly CrdChange[],
  { by, to, given }: { by: string; to: string; given: boolean },
): string {
  const where = given ? '--crds-from does not have them' : `chart ${to} carries none`
  const objects = left.reduce((sum, { customResources }) => sum + customResources, 0)
  const what = `what becomes of ${left.length} CRD${left.length === 1 ? '' : 's'} with ${objects} custom resources`
  return `${what} is unknown: ${where}, ${by} applies its own when it starts (none is removed; all are backed up)`
}
