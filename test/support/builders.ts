import type { Chart } from '../../src/model/chart.js'
import type { ClusterSnapshot } from '../../src/model/cluster.js'
import type { KubeObject } from '../../src/model/kube-object.js'
import { planApiVersion, type UpgradePlan } from '../../src/model/plan.js'
import type { PlanPayload } from '../../src/model/prepared.js'
import type { ReleaseSnapshot } from '../../src/model/release.js'
import type { UpgradeRequest } from '../../src/model/upgrade-request.js'
import { sensitive, type Values } from '../../src/model/values.js'

/** A release of Open Service Mesh 0.9.2, with what a test changes of it. */
export function aRelease(
  changes: Partial<Omit<ReleaseSnapshot, 'userSuppliedValues' | 'manifest'>> & {
    values?: Values
    manifest?: string
  } = {},
): ReleaseSnapshot {
  const { values = {}, manifest = '', ...rest } = changes
  return {
    name: 'osm',
    namespace: 'osm-system',
    releaseRevision: 1,
    releaseStatus: 'deployed',
    chartName: 'osm',
    chartVersion: '0.9.2',
    appVersion: '0.9.2',
    lastDeployed: '2026-01-01T00:00:00Z',
    description: '',
    applyMethod: 'csa',
    history: [{ releaseRevision: 1, releaseStatus: 'deployed' }],
    userSuppliedValues: sensitive(values),
    chartDefaults: {},
    manifest: sensitive(manifest),
    crdNames: [],
    chartContentDigest: 'sha256:old',
    storage: { kind: 'Secret', name: 'sh.helm.release.v1.osm.v1' },
    ...rest,
  }
}

/** A chart of Open Service Mesh 0.10.0. */
export function aChart(changes: Partial<Chart> = {}): Chart {
  return {
    name: 'osm',
    version: '0.10.0',
    appVersion: 'v0.10.0',
    defaults: {},
    hasSchema: true,
    crds: [],
    usesLookup: false,
    contentDigest: 'sha256:new',
    path: '/charts/osm',
    reference: 'osm/osm',
    source: { type: 'path', path: '/charts/osm' },
    ...changes,
  }
}

/** A cluster that serves Deployments, Services and ConfigMaps. */
export function aCluster(): ClusterSnapshot {
  const served = (
    group: string,
    kind: string,
    plural: string,
    namespaced = true,
  ): ClusterSnapshot['servedKinds'][number] => ({
    ...{ group, version: 'v1', kind, plural, namespaced },
  })
  return {
    kubeContext: 'test',
    server: 'https://127.0.0.1:6443',
    uid: 'cluster-uid',
    kubeVersion: 'v1.37.1',
    servedKinds: [
      served('apps', 'Deployment', 'deployments'),
      served('', 'Service', 'services'),
      served('', 'ConfigMap', 'configmaps'),
      served('', 'Secret', 'secrets'),
      served('', 'Namespace', 'namespaces', false),
    ],
  }
}

/** A CRD with one schema for each version; the first version is the storage version. */
export function aCrd(
  name: string,
  versions: Record<string, unknown>,
  changes: { storedVersions?: string[]; spec?: Record<string, unknown> } = {},
): KubeObject {
  const [plural = '', ...group] = name.split('.')
  const names = Object.keys(versions)
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name, uid: `uid-${name}` },
    spec: {
      group: group.join('.'),
      scope: 'Namespaced',
      names: { plural, kind: plural.slice(0, -1) },
      versions: names.map((version, index) => ({
        ...{ name: version, served: true, storage: index === 0 },
        schema: { openAPIV3Schema: versions[version] },
      })),
      ...changes.spec,
    },
    status: {
      storedVersions: changes.storedVersions ?? names.slice(0, 1),
      conditions: [
        { type: 'Established', status: 'True' },
        { type: 'NamesAccepted', status: 'True' },
      ],
    },
  }
}

/** A Deployment whose rollout is complete, with what a test changes of its status. */
export function aDeployment(name: string, status: Record<string, unknown> = {}, generation = 2): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'osm-system', generation },
    spec: { replicas: 1, selector: { matchLabels: { app: name } } },
    status: { observedGeneration: 2, replicas: 1, updatedReplicas: 1, availableReplicas: 1, ...status },
  }
}

/** What a hop 0.9.2 → 0.10.0 needs, with what a test changes of it. */
export function aPayload(changes: Partial<PlanPayload> = {}): PlanPayload {
  return {
    release: aRelease(),
    chart: aChart(),
    ...{ values: sensitive<Values>({}), overrides: sensitive<Values>({}) },
    ...{ crds: [], liveCrds: [], customResourceKinds: [], available: [] },
    ...{ timeoutMs: 300_000, again: 'upgrade osm -n osm-system', clusterFlags: [], helmArguments: [] },
    ...changes,
  }
}

/** A plan 0.9.2 → 0.10.0 without steps. */
export function aPlan(changes: Partial<UpgradePlan> = {}): UpgradePlan {
  return {
    ...{ apiVersion: planApiVersion, kind: 'UpgradePlan', executor: 'mesh-upgrade' },
    mesh: { id: 'osm', title: 'Open Service Mesh' },
    release: { name: 'osm', namespace: 'osm-system', releaseRevision: 1 },
    cluster: {
      kubeContext: 'test',
      server: 'https://127.0.0.1:6443',
      uid: 'cluster-uid',
      kubeVersion: 'v1.37.1',
    },
    from: { chartVersion: '0.9.2', appVersion: '0.9.2' },
    to: { chartVersion: '0.10.0', appVersion: 'v0.10.0', why: '' },
    ...{ hops: [], findings: [], consents: [], onFailure: 'stop' },
    impact: { restarts: [], lines: [], afterwards: [] },
    inputs: {
      ...{
        clusterUid: 'cluster-uid',
        releaseRevision: 1,
        releaseValuesDigest: '',
        chartDigest: '',
        valuesDigest: '',
      },
      ...{ crds: [], customResources: {} },
    },
    ...{ verdict: 'ready', digest: 'sha256:plan' },
    ...changes,
  }
}

/** What a user asks for who types nothing but the program's name. */
export function aRequest(changes: Partial<UpgradeRequest> = {}): UpgradeRequest {
  return {
    ...{ executor: 'mesh-upgrade', devel: false, valueArguments: [], valuesMode: 'carry', images: 'keep' },
    ...{ crds: 'in-place', timeoutMs: 300_000, permissions: 'to-run', helmArguments: [] },
    onFailure: 'stop',
    ...changes,
  }
}
