import type { CrdChange } from '../../model/crd.js'
import type { Finding } from '../../model/finding.js'

/**
 * CRDs that the target changes and this call leaves alone: helm installs `crds/` once and never upgrades it.
 * A CRD that is not there at all is an error for plain helm, since nothing else will bring it.
 */
export function leftAloneFindings(
  changes: readonly CrdChange[],
  executor: 'mesh-upgrade' | 'helm',
): Finding[] {
  // A hook or a workload of the mesh brings its own.
  const left = changes.filter(({ action, owner }) => action === 'none' && owner === 'chart')
  const absent = left.filter(({ targetChart }) => targetChart === 'added')
  const old = left.filter(({ targetChart }) => targetChart === 'changed')
  const remedy = {
    text: executor === 'helm' ? 'kubectl mesh-upgrade brings them up to date' : 'leave out --crds skip',
    commands: [],
  }
  const finding = (severity: Finding['severity'], message: string, crds: readonly CrdChange[]): Finding[] =>
    crds.length === 0
      ? []
      : [{ code: 'MU209', severity, message, evidence: crds.map(({ name }) => name), remedy }]
  return [
    ...finding(
      executor === 'helm' ? 'error' : 'warning',
      'the target needs CRDs that are not there and stay away',
      absent,
    ),
    ...finding('warning', 'CRDs that the target changes stay as they are', old),
  ]
}
