import type { MeshProfile } from './mesh.js'
import { compareVersions, stableAfter } from './version-order.js'

/** Any other Helm release: nothing is assumed beyond helm and Kubernetes. */
export const generic: MeshProfile = {
  id: 'generic',
  title: 'Helm release',
  matchesChart: () => true,
  crdGroups: [],
  crdOwners: [],
  ownedWebhooks: () => [],
  judgeHop: (from, to) => ({ type: compareVersions(to, from) < 0 ? 'downgrade' : 'supported' }),
  recommendTarget(from, available) {
    const version = stableAfter(from, available).at(-1)
    return version ? { version, reason: 'the newest stable version' } : undefined
  },
  avoid: {},
  migrations: [],
  valuePaths: () => undefined,
  afterwards: () => [],
  impact: () => [],
}
