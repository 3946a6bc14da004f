import type { ClusterIdentity } from './cluster.js'
import type { HookOutcome } from './hooks.js'
import type { ObjectMetadata } from './kube-object.js'

/** What the cluster runs on, as far as the labels of a node say. */
export interface Infrastructure {
  provider?: string
  region?: string
  zone?: string
  instanceType?: string
}

export interface CompletionFacts {
  cluster: ClusterIdentity
  infrastructure: Infrastructure
  release: { name: string; namespace: string }
  runId: string
  from: string
  to: string
  hops: readonly { from: string; to: string }[]
  outcome: HookOutcome
  /** Milliseconds since 1970. */
  endedAt: number
  durationMs: number
}

/** The end of a run as a CloudEvent (1.0, structured). Holds no values and no message: those may hold secrets. */
export function completionEvent(facts: CompletionFacts): object {
  const { cluster, infrastructure, release, runId, from, to, hops, outcome, endedAt, durationMs } = facts
  const place = [cluster.uid, release.namespace, release.name].map(encodeURIComponent)
  return {
    specversion: '1.0',
    type: `dev.mesh-upgrade.run.${outcome.replace('-', '')}`,
    source: `/clusters/${place[0]}/namespaces/${place[1]}/releases/${place[2]}`,
    // Source and id together name one event: a resumed run ends more than once.
    id: `${runId}.${endedAt.toString(36)}`,
    time: new Date(endedAt).toISOString(),
    subject: runId,
    datacontenttype: 'application/json',
    data: {
      ...{ run: runId, outcome, durationSeconds: Math.round(durationMs / 1000) },
      ...{ release: release.name, namespace: release.namespace, from, to },
      hops: hops.map((hop) => ({ from: hop.from, to: hop.to })),
      ...{ clusterId: cluster.uid, context: cluster.kubeContext, kubeVersion: cluster.kubeVersion },
      infrastructure: { server: hostOf(cluster.server), ...infrastructure },
    },
  }
}

const providers: [RegExp, string][] = [
  [/(^|\.)amazonaws\.com\//, 'aws'],
  [/(^|\.)cloud\.google\.com\//, 'gcp'],
  [/(^|\.)azure\.com\//, 'azure'],
]

/** What the labels of one node tell. */
export function infrastructureOf({ labels }: Pick<ObjectMetadata, 'labels'>): Infrastructure {
  const names = Object.keys(labels ?? {})
  const provider = providers.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1]
  const known = {
    provider,
    region: labels?.['topology.kubernetes.io/region'],
    zone: labels?.['topology.kubernetes.io/zone'],
    instanceType: labels?.['node.kubernetes.io/instance-type'],
  }
  return Object.fromEntries(Object.entries(known).filter(([, text]) => text !== undefined))
}

/** Host and port of an address, without user and password. */
function hostOf(server: string): string {
  return /^\w+:\/\/(?:[^@/]*@)?([^/?#]+)/.exec(server)?.[1] ?? ''
}
