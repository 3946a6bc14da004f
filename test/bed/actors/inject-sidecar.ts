/** What osm-injector does to a pod: which pods get a proxy, and how a pod looks with one. */
import type { JsonPatchOperation } from './admission-server.js'

export interface InjectablePod {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> }
  spec: {
    serviceAccountName?: string
    hostNetwork?: boolean
    volumes?: unknown[]
    initContainers?: unknown[]
  }
}

/** The part of a MeshConfig's spec that is fixed in a pod when it is injected. */
export interface SidecarSettings {
  envoyImage?: string
  initContainerImage?: string
  logLevel?: string
  enablePrivilegedInitContainer?: boolean
  resources?: object
}

const annotation = 'openservicemesh.io/sidecar-injection'

/** Whether the annotations of a pod and its namespace want a proxy; the pod's own word counts more. */
export function mustInject(pod: InjectablePod, namespaceAnnotations: Record<string, string> = {}): boolean {
  if (pod.spec.hostNetwork) return false
  return wish(pod.metadata?.annotations) ?? wish(namespaceAnnotations) ?? false
}

function wish(annotations: Record<string, string> = {}): boolean | undefined {
  const value = annotations[annotation]?.toLowerCase()
  if (value === undefined) return undefined
  if (['enabled', 'yes', 'true'].includes(value)) return true
  if (['disabled', 'no', 'false'].includes(value)) return false
  throw new Error(`Invalid annotation value for key "${annotation}": ${value}`)
}

/** The changes that give a pod its proxy. */
export function sidecarPatch(
  pod: InjectablePod,
  uuid: string,
  settings: SidecarSettings,
): JsonPatchOperation[] {
  const volume = {
    name: 'envoy-bootstrap-config-volume',
    secret: { secretName: bootstrapSecretName(uuid) },
  }
  const labels = { ...pod.metadata?.labels, 'osm-proxy-uuid': uuid }
  return [
    { op: 'add', path: '/metadata/labels', value: labels },
    { op: 'add', path: '/spec/volumes', value: [...(pod.spec.volumes ?? []), volume] },
    {
      op: 'add',
      path: '/spec/initContainers',
      value: [...(pod.spec.initContainers ?? []), initContainer(settings)],
    },
    { op: 'add', path: '/spec/containers/-', value: envoyContainer(pod, settings) },
  ]
}

export function bootstrapSecretName(uuid: string): string {
  return `envoy-bootstrap-config-${uuid}`
}

function initContainer(settings: SidecarSettings): object {
  if (!settings.initContainerImage) throw new Error('MeshConfig sidecar.initContainerImage not set')
  return {
    name: 'osm-init',
    image: settings.initContainerImage,
    command: ['/bin/sh', '-c', 'iptables-restore'],
    securityContext: {
      privileged: settings.enablePrivilegedInitContainer ?? false,
      capabilities: { add: ['NET_ADMIN'] },
    },
  }
}

function envoyContainer(pod: InjectablePod, settings: SidecarSettings): object {
  if (!settings.envoyImage) throw new Error('MeshConfig sidecar.envoyImage not set')
  return {
    name: 'envoy',
    image: settings.envoyImage,
    imagePullPolicy: 'IfNotPresent',
    securityContext: { runAsUser: 1500 },
    ports: [
      { name: 'proxy-admin', containerPort: 15000 },
      { name: 'proxy-inbound', containerPort: 15003 },
      { name: 'proxy-metrics', containerPort: 15010 },
    ],
    command: ['envoy'],
    args: [
      '--log-level',
      settings.logLevel ?? 'error',
      '--config-path',
      '/etc/envoy/bootstrap.yaml',
      '--service-cluster',
      pod.spec.serviceAccountName ?? 'default',
    ],
    ...(settings.resources && { resources: settings.resources }),
    volumeMounts: [{ name: 'envoy-bootstrap-config-volume', mountPath: '/etc/envoy', readOnly: true }],
  }
}
