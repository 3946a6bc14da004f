import type { CrdOwnership, MeshProfile } from './mesh.js'
import { compareVersions } from './version-order.js'

/** Without a profile only helm is known to bring CRDs. */
const byHelm: CrdOwnership = { since: '0.0.0', owner: 'chart', by: 'helm, at install only' }

/** Who brings the CRDs of a chart version up to date: the newest rule of the mesh that applies. */
export function crdOwnershipAt(
  { crdOwners }: Pick<MeshProfile, 'crdOwners'>,
  chartVersion: string,
): CrdOwnership {
  return crdOwners.findLast(({ since }) => compareVersions(since, chartVersion) <= 0) ?? byHelm
}
