/** What the programs of OSM do when their pods start, version by version. */
import semver from 'semver'
import type { KubeApi } from './kube-api.js'
import { meshAuthority, webhookCertificate } from './osm-authority.js'
import {
  completeConfiguration,
  ensureMutatingConfiguration,
  ensureValidatingConfiguration,
} from './osm-webhooks.js'
import { flagOf, type Container, type Pod } from './pod-watch.js'

export type ProgramName = 'osm-crds' | 'osm-bootstrap' | 'osm-controller' | 'osm-injector' | 'cleanup'

/** A program in a pod: which, of which version and which mesh. */
export interface Program {
  name: ProgramName
  namespace: string
  version: string
  meshName: string
  caBundleSecret: string
  container: Container
}

export interface ProgramContext {
  api: KubeApi
  /** Applies the CRDs of a version as `kubectl apply` does. */
  applyCrds(version: string): Promise<void>
  /** Whether an osm-bootstrap of this namespace is at work. */
  isBootstrapped(namespace: string): boolean
}

const versionLabel = 'app.kubernetes.io/version'
const crdsImage = /(^|\/)osm-crds[:@]/

/** The program in a pod, if it is one of OSM's. */
export function programOf(pod: Pod): Program | undefined {
  const { containers } = pod.spec
  const app = pod.metadata.labels?.['app'] ?? ''
  const cleanup = containers.find(({ name }) => name === 'garbage-collector')
  if (cleanup) return describe('cleanup', pod, cleanup)
  const crds = containers.find(({ image }) => crdsImage.test(image))
  if (crds) return describe('osm-crds', pod, crds)
  const main = containers.find(({ name }) => name === app)
  if (!main || !['osm-bootstrap', 'osm-controller', 'osm-injector'].includes(app)) return undefined
  return describe(app as ProgramName, pod, main)
}

function describe(name: ProgramName, pod: Pod, container: Container): Program {
  const { namespace, labels = {} } = pod.metadata
  return {
    name,
    namespace,
    container,
    version: versionOf(container.image, labels[versionLabel]),
    meshName: flagOf(container, 'mesh-name') ?? labels['app.kubernetes.io/instance'] ?? 'osm',
    caBundleSecret: flagOf(container, 'ca-bundle-secret-name') ?? 'osm-ca-bundle',
  }
}

/** The tag of an image says what it does; one chosen by digest is of the chart's own version. */
function versionOf(image: string, label = ''): string {
  const tag = /:v?(\d+\.\d+\.\d+[^:/@]*)(@|$)/.exec(image)?.[1]
  return semver.coerce(tag ?? label)?.version ?? '0.0.0'
}

/** Does a program's work at start; throws where the real one would wait or crash, to be called again. */
export async function startProgram(program: Program, context: ProgramContext): Promise<void> {
  await STARTERS[program.name](program, context)
}

type Starter = (program: Program, context: ProgramContext) => Promise<void>

const STARTERS: Record<ProgramName, Starter> = {
  'osm-crds': ({ version }, { applyCrds }) => applyCrds(version),
  'osm-bootstrap': startBootstrap,
  'osm-controller': startController,
  'osm-injector': startInjector,
  cleanup: cleanUp,
}

async function startBootstrap(program: Program, { api, applyCrds }: ProgramContext): Promise<void> {
  if (semver.gte(program.version, '0.11.0')) await applyCrds(program.version)
  await ensureMeshConfig(api, program.namespace, 'osm-bootstrap')
  await ensureAuthority(program, api)
}

async function startController(program: Program, context: ProgramContext): Promise<void> {
  const { api } = context
  const { namespace, version, container } = program
  if (semver.lt(version, '0.10.0')) {
    await ensureMeshConfig(api, namespace, 'init-osm-controller')
    return ensureAuthority(program, api)
  }
  requireBootstrap(program, context)
  const name = flagOf(container, 'validator-webhook-config') ?? `osm-validator-mesh-${program.meshName}`
  const { caBundle } = await certificateOf(program, api)
  if (semver.lt(version, '0.11.0')) {
    return completeConfiguration(api, 'ValidatingWebhookConfiguration', name, caBundle)
  }
  const withTrafficTargets = flagOf(container, 'validate-traffic-target') === 'true'
  await ensureValidatingConfiguration(api, name, withTrafficTargets, { ...ownerOf(program), caBundle })
}

async function startInjector(program: Program, context: ProgramContext): Promise<void> {
  const { api } = context
  const { version, container } = program
  if (semver.gte(version, '0.10.0')) requireBootstrap(program, context)
  const name = flagOf(container, 'webhook-config-name') ?? `osm-webhook-${program.meshName}`
  const { caBundle } = await certificateOf(program, api)
  if (semver.lt(version, '0.11.0')) {
    return completeConfiguration(api, 'MutatingWebhookConfiguration', name, caBundle)
  }
  const timeoutSeconds = Number(flagOf(container, 'webhook-timeout') ?? 20)
  await ensureMutatingConfiguration(api, name, timeoutSeconds, { ...ownerOf(program), caBundle })
}

function ownerOf({ meshName, namespace, version }: Program): {
  meshName: string
  namespace: string
  version: string
} {
  return { meshName, namespace, version: `v${version}` }
}

function requireBootstrap({ name, namespace }: Program, { isBootstrapped }: ProgramContext): void {
  if (!isBootstrapped(namespace)) throw new Error(`${name} waits for osm-bootstrap in ${namespace}`)
}

async function ensureAuthority(
  { namespace, caBundleSecret, container }: Program,
  api: KubeApi,
): Promise<void> {
  if ((flagOf(container, 'certificate-manager') ?? 'tresor') !== 'tresor') return
  await meshAuthority(api, { namespace, name: caBundleSecret })
}

/** The certificate with which a program answers the API server. */
export function certificateOf(
  { name, namespace, caBundleSecret }: Program,
  api: KubeApi,
): ReturnType<typeof webhookCertificate> {
  const [service, secret] =
    name === 'osm-injector'
      ? ['osm-injector', 'mutating-webhook-cert-secret']
      : ['osm-validator', 'validating-webhook-cert-secret']
  return webhookCertificate(api, service, { namespace, name: secret }, caBundleSecret)
}

/** Makes `osm-mesh-config` from the chart's preset; one that exists is never touched. */
async function ensureMeshConfig(api: KubeApi, namespace: string, manager: string): Promise<void> {
  const path = `/apis/config.openservicemesh.io/v1alpha1/namespaces/${namespace}/meshconfigs`
  const found = await api.call({ method: 'GET', path: `${path}/osm-mesh-config`, also: [404] })
  if (found.status === 200) return
  const presetPath = `/api/v1/namespaces/${namespace}/configmaps/preset-mesh-config`
  const preset = (await api.call({ method: 'GET', path: presetPath })).body as {
    data: Record<string, string>
  }
  const body = {
    apiVersion: 'config.openservicemesh.io/v1alpha1',
    kind: 'MeshConfig',
    metadata: { name: 'osm-mesh-config' },
    spec: JSON.parse(preset.data['preset-mesh-config.json'] ?? '{}') as object,
  }
  await api.call({ method: 'POST', path, body, manager, also: [409] })
}

/** The hook of an uninstall; it never runs on an upgrade. */
async function cleanUp(
  { namespace, version, meshName, caBundleSecret }: Program,
  context: ProgramContext,
): Promise<void> {
  const remove = (path: string): Promise<unknown> => context.api.call({ method: 'DELETE', path, also: [404] })
  await remove(`/apis/config.openservicemesh.io/v1alpha1/namespaces/${namespace}/meshconfigs/osm-mesh-config`)
  if (semver.lt(version, '0.11.0')) return
  const secrets = [caBundleSecret, 'mutating-webhook-cert-secret', 'validating-webhook-cert-secret']
  for (const name of secrets) await remove(`/api/v1/namespaces/${namespace}/secrets/${name}`)
  await context.applyCrds(version)
  const selector = encodeURIComponent(`app.kubernetes.io/instance=${meshName},${versionLabel}=v${version}`)
  for (const kind of ['mutating', 'validating']) {
    const path = `/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations`
    await remove(`${path}?labelSelector=${selector}`)
  }
}
