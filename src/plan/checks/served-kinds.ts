import type { ClusterSnapshot } from '../../model/cluster.js'
import { groupOf, formatRef } from '../../model/object-ref.js'
import { refOf, type KubeObject } from '../../model/kube-object.js'
import type { Check } from './check.js'

/** helm cannot build a manifest, stored or new, with a kind that the cluster does not serve. */
export const servedKinds: Check = ({ cluster, before, after, comingKinds, release }) => {
  const served = new Set(cluster.servedKinds.map(({ group, version, kind }) => `${group}/${version}/${kind}`))
  const missing = (objects: readonly KubeObject[], alsoFine: ReadonlySet<string>): KubeObject[] =>
    objects.filter((object) => !served.has(keyOf(object)) && !alsoFine.has(keyOf(object)))
  const old = missing(before, new Set())
  const now = missing(after, comingKinds)
  return [
    ...(old.length > 0
      ? [
          {
            code: 'MU401',
            severity: 'error' as const,
            message: `the stored manifest of ${release.name} has ${kindsOf(old)}, which this cluster does not serve: helm cannot upgrade from it`,
            evidence: old.map((object) => `${formatRef(refOf(object))} (${object.apiVersion})`),
            remedy: {
              text: 'rewrite the stored manifest first, for example with the helm plugin mapkubeapis',
              commands: [],
            },
          },
        ]
      : []),
    ...(now.length > 0
      ? [
          {
            code: 'MU402',
            severity: 'error' as const,
            message: `the new chart has ${kindsOf(now)}, which this cluster does not serve and no CRD of this plan brings`,
            evidence: now.map((object) => `${formatRef(refOf(object))} (${object.apiVersion})`),
            remedy: { text: describeCluster(cluster), commands: [] },
          },
        ]
      : []),
  ]
}

function keyOf(object: KubeObject): string {
  const version = object.apiVersion.slice(object.apiVersion.indexOf('/') + 1)
  return `${groupOf(object.apiVersion)}/${version}/${object.kind}`
}

function kindsOf(objects: readonly KubeObject[]): string {
  return [...new Set(objects.map(({ apiVersion, kind }) => `${apiVersion} ${kind}`))].join(', ')
}

function describeCluster(cluster: ClusterSnapshot): string {
  return `switch the part of the chart off that needs it, or bring its CRDs with --crds-from (the cluster is ${cluster.kubeVersion})`
}
