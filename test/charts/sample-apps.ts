/** The applications of the sample mesh: a book shop in three namespaces. */

/** A Kubernetes object. Integers beyond 2^53 are bigints: write it with `toJson`, never `JSON.stringify`. */
export interface SampleObject {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; [field: string]: unknown }
  [field: string]: unknown
}

export type ChartVersion = '0.9.2' | '0.10.0' | '0.11.1'

/** The meshed namespaces with the applications in them. */
export const SAMPLE_APPS: Readonly<Record<string, readonly string[]>> = {
  bookstore: ['bookstore-v1', 'bookstore-v2'],
  bookshoppers: ['bookbuyer', 'bookthief'],
  bookwarehouse: ['bookwarehouse', 'mysql'],
}

/** Namespaces of the mesh with ServiceAccounts, Services and Deployments. */
export function sampleApplications(meshName = 'osm'): SampleObject[] {
  return Object.entries(SAMPLE_APPS).flatMap(([namespace, apps]) => [
    namespaceOf(namespace, meshName),
    ...apps.flatMap((app) => applicationOf(namespace, app)),
  ])
}

function namespaceOf(name: string, meshName: string): SampleObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: { 'openservicemesh.io/monitored-by': meshName },
      annotations: { 'openservicemesh.io/sidecar-injection': 'enabled' },
    },
  }
}

function applicationOf(namespace: string, app: string): SampleObject[] {
  const metadata = { name: app, namespace, labels: { app } }
  const container = {
    name: app,
    image: `registry.example/${app}:v1`,
    ports: [{ name: 'http', containerPort: 14001 }],
    resources: { requests: { cpu: '10m', memory: '16Mi' } },
  }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: { app }, ports: [{ name: 'http', port: 14001, targetPort: 14001 }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        replicas: 1,
        selector: { matchLabels: { app } },
        template: {
          metadata: { labels: { app } },
          spec: { serviceAccountName: app, containers: [container] },
        },
      },
    },
  ]
}
