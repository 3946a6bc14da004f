import { plainVersion } from '../../model/version.js'
import type { CrdOwnership } from '../mesh.js'

/** Who brings the CRDs of Open Service Mesh up to date (computed from its release tags). */
export const crdOwners: CrdOwnership[] = [
  { since: '0.0.0', owner: 'chart', by: 'helm, at install only' },
  { since: '0.10.0', owner: 'hook', by: 'the hook Job <release>-upgrade-crds' },
  { since: '0.11.0', owner: 'workload', by: 'osm-bootstrap', published },
]

/** The packaged chart has none: they are in the source of the version, from which its image is made. */
function published(version: string): { folder: string; commands: string[] } {
  const plain = plainVersion(version)
  const clone = `osm-${plain}`
  return {
    folder: `${clone}/cmd/osm-bootstrap/crds`,
    commands: [`git clone --depth 1 --branch v${plain} https://github.com/openservicemesh/osm ${clone}`],
  }
}
