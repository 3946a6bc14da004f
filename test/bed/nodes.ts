/** The nodes of a bed: plain objects that KWOK keeps Ready. */
import type { ApiClient } from './api.js'

export interface NodeSize {
  /** How many nodes; 3 unless told. */
  nodes?: number
  /** Allocatable CPU of each, as a Kubernetes quantity; '4' unless told. */
  cpu?: string
  /** Allocatable memory of each; '8Gi' unless told. */
  memory?: string
}

/** Creates the nodes, or moves those of a restored state to this bed's kubelet port. */
export async function createNodes(api: ApiClient, size: NodeSize, kubeletPort: number): Promise<void> {
  const { nodes = 3, cpu = '4', memory = '8Gi' } = size
  const resources = { cpu, memory, pods: '110', 'ephemeral-storage': '100Gi' }
  const names = Array.from({ length: nodes }, (_, i) => `node-${i + 1}`)
  await Promise.all(
    names.map((name) => api.expect('POST', '/api/v1/nodes', node(name, resources, kubeletPort))),
  )
}

/** Points the nodes of a restored state to the kubelet of this bed, or `kubectl logs` would ask another. */
export async function moveNodes(api: ApiClient, kubeletPort: number): Promise<void> {
  const list = (await api.expect('GET', '/api/v1/nodes')) as { items: { metadata: { name: string } }[] }
  const status = { daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } } }
  const names = list.items.map(({ metadata }) => metadata.name)
  await Promise.all(names.map((name) => api.expect('PATCH', `/api/v1/nodes/${name}/status`, { status })))
}

/** Whether there are nodes and all of them take pods. */
export async function nodesReady(api: ApiClient): Promise<boolean> {
  const { items } = (await api.expect('GET', '/api/v1/nodes')) as {
    items: { spec: { taints?: unknown[] }; status: { conditions?: { type: string; status: string }[] } }[]
  }
  return (
    items.length > 0 &&
    items.every(
      ({ spec, status }) =>
        !spec.taints?.length &&
        status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
    )
  )
}

function node(name: string, resources: Record<string, string>, kubeletPort: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'node-role.kubernetes.io/worker': '',
      },
    },
    status: {
      capacity: resources,
      allocatable: resources,
      addresses: [
        { type: 'InternalIP', address: '127.0.0.1' },
        { type: 'Hostname', address: name },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
      nodeInfo: {
        architecture: 'amd64',
        bootID: '',
        containerRuntimeVersion: 'containerd://2.1.0',
        kernelVersion: '6.12.0',
        kubeProxyVersion: '',
        kubeletVersion: 'v1.37.1',
        machineID: '',
        operatingSystem: 'linux',
        osImage: 'KWOK',
        systemUUID: '',
      },
    },
  }
}
