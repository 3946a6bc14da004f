import { textField } from '../../model/kube-object.js'
import type { ObjectRef } from '../../model/object-ref.js'
import type { Afterwards } from '../../model/plan.js'
import { plainVersion } from '../../model/version.js'
import type { Values } from '../../model/values.js'
import type { MeshProfile, ValuePaths } from '../mesh.js'
import { compareVersions } from '../version-order.js'
import { crdOwners } from './crd-owners.js'
import { expectations, webhookNames } from './expectations.js'
import { requiredFields } from './required-fields.js'
import { rootKey } from './root-key.js'
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
  crdOwners,
  ownedWebhooks,
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
  resourcePath,
  // The others wait for the first; osm-injector answers the API server and comes last.
  restartOrder: ['osm-bootstrap', 'osm-controller', 'osm-injector'],
  impact,
  requiredFields,
  afterwards,
  expectations,
}

function valuePaths(chartVersion: string): ValuePaths {
  const root = rootKey(chartVersion)
  return {
    registry: `${root}.image.registry`,
    tag: `${root}.image.tag`,
    images: [`${root}.image.digest`, `${root}.sidecarImage`, `${root}.sidecarWindowsImage`],
    identity: [`${root}.meshName`, `${root}.osmNamespace`],
  }
}

/**
 * From 0.11 on osm-injector and osm-controller make their webhook configurations and update those that exist,
 * under the names that they had in the chart.
 */
function ownedWebhooks(to: string, values: Values): ObjectRef[] {
  if (compareVersions(to, '0.11.0') < 0) return []
  const root = values[rootKey(to)]
  const { mutating, validating } = webhookNames(root)
  const apiVersion = 'admissionregistration.k8s.io/v1'
  return [
    { apiVersion, kind: 'MutatingWebhookConfiguration', name: mutating },
    { apiVersion, kind: 'ValidatingWebhookConfiguration', name: validating },
  ]
}

function resourcePath(workload: string, chartVersion: string): string | undefined {
  const keys: Record<string, string> = {
    'osm-bootstrap': 'osmBootstrap',
    'osm-controller': 'osmController',
    'osm-injector': 'injector',
  }
  const key = keys[workload]
  return key === undefined ? undefined : `${rootKey(chartVersion)}.${key}.resource`
}

/** "Resource availability during upgrade" of the guide, for what this upgrade really restarts. */
function impact(_from: string, _to: string, restarts: readonly ObjectRef[], recreates = false): string[] {
  const restarted = (name: string): boolean => restarts.some((ref) => ref.name === name)
  const lines = recreates
    ? [
        'traffic between meshed pods: while its policy is away, sidecars may be told to refuse what only a policy allows',
      ]
    : ['traffic between meshed pods: not interrupted, sidecars keep their configuration']
  if (restarted('osm-controller')) {
    lines.push(
      'while osm-controller restarts: new traffic policy is delayed, mTLS certificates are not rotated',
    )
  }
  if (restarted('osm-injector')) {
    lines.push('while osm-injector restarts: new pods in meshed namespaces cannot be created')
  }
  return lines
}

/** New sidecars come with new pods only; at 0.10 the certificate name that sidecars present changed (osm#3835). */
function afterwards(from: string, to: string, values: Values): Afterwards[] {
  if (compareVersions(from, to) === 0) return []
  const must = compareVersions(from, '0.10.0') < 0 && compareVersions(to, '0.10.0') >= 0
  const root = values[rootKey(to)]
  const meshName = textField(root, 'meshName') || 'osm'
  const text = must
    ? 'restart every meshed workload now: sidecars of 0.9 cannot join a control plane of 0.10'
    : 'restart meshed workloads when it suits: until then their sidecars stay as they are'
  const restart = `kubectl rollout restart deployment,statefulset,daemonset -n "\${ns#namespace/}"`
  const namespaces = `kubectl get namespace -l openservicemesh.io/monitored-by=${meshName} -o name`
  return [{ text, commands: [`for ns in $(${namespaces}); do ${restart}; done`] }]
}
