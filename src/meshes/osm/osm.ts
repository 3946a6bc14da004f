import { formatRef, type ObjectRef } from '../../model/object-ref.js'
import { plainVersion } from '../../model/version.js'
import type { MeshProfile, ValuePaths } from '../mesh.js'
import { compareVersions } from '../version-order.js'
import { valueMigrations } from './value-migrations.js'
import { avoidedVersions, judgeHop, recommendTarget } from './version-policy.js'

/** Open Service Mesh, by its upgrade guide and the facts computed from its releases. */
export const osm: MeshProfile = {
  id: 'osm',
  title: 'Open Service Mesh',
  matchesChart: (chartName) => chartName === 'osm',
  marker: 'app=osm-controller',
  repository: { url: 'https://openservicemesh.github.io/osm', chart: 'osm' },
  crdGroups: [
    'access.smi-spec.io',
    'specs.smi-spec.io',
    'split.smi-spec.io',
    'policy.openservicemesh.io',
    'config.openservicemesh.io',
  ],
  releaseNotes: {
    url: (version) =>
      `https://api.github.com/repos/openservicemesh/osm/releases/tags/v${plainVersion(version)}`,
    page: 'https://github.com/openservicemesh/osm/releases',
  },
  judgeHop,
  recommendTarget,
  avoid: avoidedVersions,
  migrations: valueMigrations,
  valuePaths,
  impact,
}

function valuePaths(chartVersion: string): ValuePaths {
  // The root key was renamed at 1.0.0 (hazard H1).
  const root = compareVersions(chartVersion, '1.0.0') < 0 ? 'OpenServiceMesh' : 'osm'
  return {
    registry: `${root}.image.registry`,
    tag: `${root}.image.tag`,
    images: [`${root}.image.digest`, `${root}.sidecarImage`, `${root}.sidecarWindowsImage`],
    identity: [`${root}.meshName`, `${root}.osmNamespace`],
  }
}

/** "Resource availability during upgrade" of the guide, for what this upgrade really restarts. */
function impact(from: string, to: string, restarts: readonly ObjectRef[]): string[] {
  const restarted = (name: string): boolean => restarts.some((ref) => ref.name === name)
  const lines = ['traffic between meshed pods: not interrupted, sidecars keep their configuration']
  if (restarted('osm-controller')) {
    lines.push(
      'while osm-controller restarts: new traffic policy is delayed, mTLS certificates are not rotated',
    )
  }
  if (restarted('osm-injector')) {
    lines.push('while osm-injector restarts: new pods in meshed namespaces cannot be created')
  }
  if (restarts.length > 0) lines.push(`restarts: ${restarts.map(formatRef).join(', ')}`)
  if (compareVersions(from, '0.10.0') < 0 && compareVersions(to, '0.10.0') >= 0) {
    // Hazard H11: the certificate name that sidecars present changed in 0.10.
    lines.push(
      'afterwards every meshed workload must be restarted: sidecars of 0.9 cannot join a 0.10 control plane',
    )
  }
  return lines
}
