import type { CrdChange } from '../../src/model/crd.js'
import type { ObjectRef } from '../../src/model/object-ref.js'
import type { UpgradeOutcome } from '../../src/model/outcome.js'
import type { Hop, UpgradePlan, ValueEdit } from '../../src/model/plan.js'
import type { Diagnosis } from '../../src/model/rollout.js'
import type { Step } from '../../src/model/step.js'

const crdName = 'meshconfigs.config.openservicemesh.io'

export const deployment = (name: string): ObjectRef => ({
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'osm-system', name },
})

export const edits: ValueEdit[] = [
  {
    path: 'OpenServiceMesh.image.registry',
    action: 'carried',
    to: 'registry.example.com/mesh',
    reason: 'you chose it: it is not the default of chart 0.9.2',
  },
  {
    path: 'OpenServiceMesh.image.tag',
    action: 'reset',
    from: 'v0.9.2',
    to: 'v0.10.0',
    reason: 'it pinned the old version',
  },
  {
    ...{ path: 'OpenServiceMesh.certificateManager', toPath: 'OpenServiceMesh.certificateProvider.kind' },
    ...{ action: 'renamed', from: 'tresor', to: 'tresor', reason: 'the key has a new name from 0.10.0 on' },
  },
  { path: 'OpenServiceMesh.vault.token', action: 'carried', to: '(hidden)', reason: 'yours' },
]

export const crds: CrdChange[] = [
  {
    ...{ name: crdName, owner: 'chart', action: 'update', releaseNotes: 'unchanged', targetChart: 'changed' },
    live: { servedVersions: ['v1alpha1'], storageVersion: 'v1alpha1', storedVersions: ['v1alpha1'] },
    target: { servedVersions: ['v1alpha1', 'v1alpha2'], storageVersion: 'v1alpha1', storedVersions: [] },
    file: 'crds/config_meshconfig.yaml',
    differences: ['v1alpha1: spec.certificate.certKeyBitSize added', 'v1alpha2 added'],
    ...{ managers: ['helm'], customResources: 1 },
  },
  {
    ...{ name: 'ingressbackends.policy.openservicemesh.io', owner: 'chart', action: 'create' },
    ...{ releaseNotes: 'added', targetChart: 'added', differences: [], managers: [], customResources: 0 },
  },
  {
    ...{
      name: 'traffictargets.access.smi-spec.io',
      owner: 'chart',
      action: 'none',
      releaseNotes: 'unchanged',
    },
    live: { servedVersions: ['v1alpha3'], storageVersion: 'v1alpha3', storedVersions: ['v1alpha3'] },
    ...{ targetChart: 'unchanged', differences: [], managers: ['helm'], customResources: 212 },
  },
]

export const steps: Step[] = [
  {
    ...{
      id: 'backup',
      type: 'backup',
      crds: [crdName],
      title: 'back up release, values, 2 CRDs and 213 custom resources',
    },
    mutates: false,
    commands: ['kubectl get secret -n osm-system -l owner=helm,name=osm -o yaml > release.yaml'],
  },
  {
    ...{
      id: 'apply-crds',
      type: 'apply-crds',
      crds: [crdName],
      title: 'update 2 CRDs in place',
      mutates: true,
    },
    commands: ['kubectl apply --server-side --force-conflicts --field-manager=mesh-upgrade -f chart/crds'],
  },
  {
    ...{
      id: 'upgrade-release',
      type: 'upgrade-release',
      release: 'osm',
      namespace: 'osm-system',
      chartVersion: '0.10.0',
    },
    ...{ title: 'helm upgrade osm to chart 0.10.0', mutates: true },
    commands: [
      "helm upgrade osm osm/osm --version 0.10.0 -n osm-system --reset-values -f values.yaml --timeout 5m0s --description 'a long text'",
    ],
  },
]

const hop: Hop = {
  ...{ from: '0.9.2', to: '0.10.0' },
  releases: [
    {
      ...{ name: 'osm', namespace: 'osm-system', unchangedObjects: 14 },
      chart: {
        name: 'osm',
        version: '0.10.0',
        appVersion: 'v0.10.0',
        reference: 'osm/osm',
        digest: 'sha256:1',
      },
      values: { mode: 'carry', edits, digest: 'sha256:2' },
      objects: [
        {
          object: deployment('osm-controller'),
          change: 'changed',
          diff: '--- a\n+++ b\n@@ -1,2 +1,2 @@\n-  image: osm-controller:v0.9.2\n+  image: osm-controller:v0.10.0\n',
          restartsPods: true,
        },
        {
          object: deployment('osm-bootstrap'),
          change: 'added',
          diff: '+kind: Deployment\n',
          restartsPods: false,
        },
      ],
    },
  ],
  crds,
  releaseNotes: [
    {
      version: '0.10.0',
      crdUpdates: 'listed',
      files: [],
      source: 'notes/0.10.0.md',
      notable: ['Jaeger is off by default'],
    },
  ],
  steps,
}

export const plan: UpgradePlan = {
  ...{
    apiVersion: 'mesh-upgrade.dev/v1alpha1',
    kind: 'UpgradePlan',
    executor: 'mesh-upgrade',
    verdict: 'ready',
  },
  mesh: { id: 'osm', title: 'Open Service Mesh' },
  release: { name: 'osm', namespace: 'osm-system', releaseRevision: 7 },
  cluster: { kubeContext: 'prod-eu', server: 'https://prod', uid: 'u', kubeVersion: 'v1.31.0' },
  from: { chartVersion: '0.9.2', appVersion: 'v0.9.2' },
  to: { chartVersion: '0.10.0', appVersion: 'v0.10.0', why: 'the next minor version; newest is 0.11.1' },
  hops: [hop],
  findings: [
    {
      ...{ code: 'MU105', severity: 'info', field: 'OpenServiceMesh.image.registry', evidence: [] },
      message: 'the registry registry.example.com/mesh is kept',
    },
    {
      ...{ code: 'MU102', severity: 'warning', field: 'OpenServiceMesh.deployJaeger' },
      message:
        'value OpenServiceMesh.deployJaeger has no effect any more; the new key is OpenServiceMesh.tracing.enable',
      evidence: ['values of revision 7'],
      remedy: {
        text: 'set the new key',
        commands: ['kubectl mesh-upgrade osm --set OpenServiceMesh.tracing.enable=true'],
      },
    },
  ],
  onFailure: 'stop',
  consents: [],
  impact: {
    restarts: [deployment('osm-controller')],
    lines: ['no sidecar injection for about 40 s'],
    afterwards: [],
  },
  inputs: {
    ...{
      clusterUid: 'u',
      releaseRevision: 7,
      releaseValuesDigest: 'd',
      chartDigest: 'd',
      valuesDigest: 'd',
      crds: [],
      customResources: {},
    },
  },
  digest: 'sha256:3',
}

export const blockedPlan: UpgradePlan = {
  ...plan,
  verdict: 'blocked',
  findings: [
    ...plan.findings,
    {
      ...{ code: 'MU214', severity: 'error', field: 'spec.rules[0].priority' },
      object: { apiVersion: 'x/v1', kind: 'TrafficTarget', namespace: 'bookstore', name: 'orders' },
      message: 'would lose data: not in the new schema of v1alpha3 and would be dropped (1 of 212 objects)',
      evidence: [],
      remedy: { text: 'keep it', commands: [], consent: 'lose:traffictargets' },
    },
  ],
}

export const diagnosis: Diagnosis = {
  workloads: [
    {
      ...{
        workload: deployment('osm-controller'),
        rolloutStatus: 'InProgress',
        updated: 1,
        available: 0,
        desired: 1,
      },
      message: '0 of 1 available',
    },
    {
      ...{
        workload: deployment('osm-injector'),
        rolloutStatus: 'Current',
        updated: 1,
        available: 1,
        desired: 1,
      },
      message: '',
    },
  ],
  stalledPods: [
    {
      pod: { apiVersion: 'v1', kind: 'Pod', namespace: 'osm-system', name: 'osm-controller-abc' },
      owner: deployment('osm-controller'),
      ...{
        reason: 'ImagePullBackOff',
        message: 'registry.example.com/mesh/osm-controller:v0.10.0 not found',
      },
      lastEvent: 'Warning Failed: Error: ErrImagePull',
    },
  ],
  findings: [
    {
      ...{ code: 'MU704', severity: 'error', object: deployment('osm-controller') },
      objects: [{ apiVersion: 'v1', kind: 'Pod', namespace: 'osm-system', name: 'osm-controller-abc' }],
      message:
        'Deployment osm-system/osm-controller cannot start: the image does not exist: registry.example.com/mesh/osm-controller:v0.10.0',
      evidence: ['ErrImagePull: registry.example.com/mesh/osm-controller:v0.10.0: not found'],
      remedy: {
        text: 'correct registry or tag',
        commands: ['{program} osm -n osm-system --to 0.10.0 --images chart'],
      },
    },
  ],
}

export const failedOutcome: UpgradeOutcome = {
  ...{ result: 'failed', plan, diagnosis, elapsedMs: 301_000, doneSteps: ['backup', 'apply-crds'] },
  run: { runId: 'r1', folder: '/state/r1', backupFolder: '/state/r1/backup' },
  failure: {
    ...{
      step: 'upgrade-release',
      stepId: 'upgrade-release',
      message: 'timed out waiting for the condition',
      changed: true,
    },
    nextCommands: ['{program} troubleshoot osm -n osm-system', 'helm rollback osm 7 -n osm-system --wait'],
  },
}

export const goodOutcome: UpgradeOutcome = {
  ...{ result: 'upgraded', plan, elapsedMs: 65_000, doneSteps: steps.map(({ id }) => id) },
  run: { runId: 'r1', folder: '/state/r1', backupFolder: '/state/r1/backup' },
  verdict: {
    outcome: 'pass',
    checks: [
      { id: 'release-deployed', status: 'pass', message: 'release osm is deployed at 0.10.0', objects: [] },
      {
        id: 'workloads-current',
        status: 'pass',
        message: '3 workloads are up to date and available',
        objects: [],
      },
    ],
  },
}
