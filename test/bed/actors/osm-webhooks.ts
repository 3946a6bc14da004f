/** The webhook configurations of OSM: made by its programs from 0.11 on, only completed by them before. */
import type { KubeApi } from './kube-api.js'

export interface WebhookOwner {
  meshName: string
  namespace: string
  version: string
  caBundle: string
}

interface WebhookConfiguration {
  metadata: { labels?: Record<string, string> }
  webhooks: { clientConfig: { caBundle?: string } }[]
}

/** The two kinds of configuration, each of one program. */
export type Kind = 'MutatingWebhookConfiguration' | 'ValidatingWebhookConfiguration'

function ownerApp(kind: Kind): string {
  return kind === 'MutatingWebhookConfiguration' ? 'osm-injector' : 'osm-controller'
}

function pathOf(kind: Kind): string {
  return `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}s`
}

/** Writes the CA bundle into a configuration that the chart made. */
export async function completeConfiguration(
  api: KubeApi,
  kind: Kind,
  name: string,
  caBundle: string,
): Promise<void> {
  const path = `${pathOf(kind)}/${name}`
  const live = (await api.call({ method: 'GET', path })).body as WebhookConfiguration
  for (const webhook of live.webhooks) webhook.clientConfig.caBundle = encode(caBundle)
  await api.call({ method: 'PUT', path, body: live, manager: ownerApp(kind) })
}

/** Makes the configuration of the sidecar injection, or brings an older one up to date. */
export function ensureMutatingConfiguration(
  api: KubeApi,
  name: string,
  timeoutSeconds: number,
  owner: WebhookOwner,
): Promise<void> {
  const rules = [{ apiGroups: ['*'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }]
  const service = { name: 'osm-injector', port: 9090, path: '/mutate-pod-creation' }
  const webhook = { ...webhookOf('osm-inject.k8s.io', service, owner), rules, timeoutSeconds }
  return ensure(api, 'MutatingWebhookConfiguration', { name, webhook }, owner)
}

/** The same for the validation of policies. */
export function ensureValidatingConfiguration(
  api: KubeApi,
  name: string,
  withTrafficTargets: boolean,
  owner: WebhookOwner,
): Promise<void> {
  const rule = (apiGroup: string, apiVersion: string, resources: string[]): object => ({
    apiGroups: [apiGroup],
    apiVersions: [apiVersion],
    operations: ['CREATE', 'UPDATE'],
    resources,
  })
  const rules = [
    rule('policy.openservicemesh.io', 'v1alpha1', ['ingressbackends', 'egresses']),
    ...(withTrafficTargets ? [rule('access.smi-spec.io', 'v1alpha3', ['traffictargets'])] : []),
  ]
  const service = { name: 'osm-validator', port: 9093, path: '/validate' }
  const webhook = { ...webhookOf('osm-validator.k8s.io', service, owner), rules }
  return ensure(api, 'ValidatingWebhookConfiguration', { name, webhook }, owner)
}

function webhookOf(name: string, service: object, { meshName, namespace, caBundle }: WebhookOwner): object {
  return {
    name,
    clientConfig: { caBundle: encode(caBundle), service: { ...service, namespace } },
    failurePolicy: 'Fail',
    matchPolicy: 'Exact',
    sideEffects: 'NoneOnDryRun',
    admissionReviewVersions: ['v1'],
    namespaceSelector: {
      matchLabels: { 'openservicemesh.io/monitored-by': meshName },
      matchExpressions: [
        { key: 'openservicemesh.io/ignore', operator: 'DoesNotExist' },
        { key: 'name', operator: 'NotIn', values: [namespace] },
        { key: 'control-plane', operator: 'DoesNotExist' },
      ],
    },
  }
}

async function ensure(
  api: KubeApi,
  kind: Kind,
  { name, webhook }: { name: string; webhook: object },
  { meshName, version }: WebhookOwner,
): Promise<void> {
  const path = pathOf(kind)
  const app = ownerApp(kind)
  const labels = {
    'app.kubernetes.io/name': 'openservicemesh.io',
    'app.kubernetes.io/instance': meshName,
    'app.kubernetes.io/version': version,
    app,
  }
  const apiVersion = 'admissionregistration.k8s.io/v1'
  const body = { apiVersion, kind, metadata: { name, labels }, webhooks: [webhook] }
  const made = await api.call({ method: 'POST', path, body, manager: app, also: [409] })
  if (made.status !== 409) return
  const live = (await api.call({ method: 'GET', path: `${path}/${name}` })).body as WebhookConfiguration
  const updated = { ...live, metadata: { ...live.metadata, labels }, webhooks: [webhook] }
  await api.call({ method: 'PUT', path: `${path}/${name}`, body: updated, manager: app })
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64')
}
