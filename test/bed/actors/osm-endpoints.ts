/** The admission webhooks of one mesh: there while a ready pod would answer, gone when none would. */
import { randomUUID } from 'node:crypto'
import semver from 'semver'
import {
  serveAdmission,
  type Admit,
  type AdmissionRequest,
  type JsonPatchOperation,
} from './admission-server.js'
import {
  bootstrapSecretName,
  mustInject,
  sidecarPatch,
  type InjectablePod,
  type SidecarSettings,
} from './inject-sidecar.js'
import type { KubeApi } from './kube-api.js'
import { certificateOf, type Program } from './osm-programs.js'

interface Service {
  spec: { clusterIP: string; ports: { port: number }[] }
}

/** Something that listens for one Service. */
export interface Endpoint {
  /** Who answers; another program of the mesh may take over without a gap. */
  program: Program
  close(): Promise<void>
}

/** The Service behind which a program's webhook listens: `namespace/name`. */
export function serviceOf({ namespace, name }: Program): string {
  return `${namespace}/${name === 'osm-injector' ? name : 'osm-validator'}`
}

/** Listens at the Service of a program that has started. */
export async function openEndpoint(api: KubeApi, program: Program): Promise<Endpoint> {
  const [namespace, service] = serviceOf(program).split('/')
  const path = `/api/v1/namespaces/${namespace}/services/${service}`
  const { spec } = (await api.call({ method: 'GET', path })).body as Service
  const address = { host: spec.clusterIP, port: spec.ports[0]?.port ?? 0 }
  const endpoint: Endpoint = { program, close: () => Promise.resolve() }
  const admit: Admit = (request) =>
    program.name === 'osm-injector' ? inject(api, endpoint.program, request) : Promise.resolve([])
  endpoint.close = await serveAdmission(address, await certificateOf(program, api), admit)
  return endpoint
}

async function inject(
  api: KubeApi,
  program: Program,
  { namespace = '', object, dryRun }: AdmissionRequest,
): Promise<JsonPatchOperation[]> {
  const pod = object as InjectablePod
  const { metadata } = (await api.call({ method: 'GET', path: `/api/v1/namespaces/${namespace}` })).body as {
    metadata: { annotations?: Record<string, string> }
  }
  if (!mustInject(pod, metadata.annotations)) return []
  const uuid = randomUUID()
  const patch = sidecarPatch(pod, uuid, await sidecarSettings(api, program.namespace))
  const account = pod.spec.serviceAccountName ?? 'default'
  if (!dryRun) await createBootstrapSecret(api, program, { uuid, account, namespace })
  return patch
}

async function sidecarSettings(api: KubeApi, namespace: string): Promise<SidecarSettings> {
  const path = `/apis/config.openservicemesh.io/v1alpha1/namespaces/${namespace}/meshconfigs/osm-mesh-config`
  const found = await api.call({ method: 'GET', path, also: [404] })
  return (found.body as { spec?: { sidecar?: SidecarSettings } } | undefined)?.spec?.sidecar ?? {}
}

interface Proxy {
  uuid: string
  account: string
  namespace: string
}

async function createBootstrapSecret(api: KubeApi, program: Program, proxy: Proxy): Promise<void> {
  const labels = {
    'app.kubernetes.io/name': 'openservicemesh.io',
    'app.kubernetes.io/instance': program.meshName,
    'app.kubernetes.io/version': `v${program.version}`,
  }
  const bootstrap = { node: { id: proxyName(program.version, proxy) } }
  const body = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: bootstrapSecretName(proxy.uuid), labels },
    stringData: { 'bootstrap.yaml': JSON.stringify(bootstrap) },
  }
  const path = `/api/v1/namespaces/${proxy.namespace}/secrets`
  await api.call({ method: 'POST', path, body, manager: program.name })
}

/** The common name in a proxy's certificate, whose form changed with 0.10. */
function proxyName(version: string, { uuid, account, namespace }: Proxy): string {
  return semver.lt(version, '0.10.0')
    ? `${uuid}.${account}.${namespace}`
    : `${uuid}.sidecar.${account}.${namespace}.cluster.local`
}
