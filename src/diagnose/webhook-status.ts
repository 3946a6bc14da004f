import { field, listField, textField, type KubeObject } from '../model/kube-object.js'
import type { ObjectStatus } from '../model/rollout.js'
import type { Json } from '../model/values.js'
import { current, failed } from './kstatus/status.js'
import { objectStatus } from './kstatus/object-status.js'

/** A Service that the API server calls. */
export interface ServiceName {
  namespace: string
  name: string
}

/** The Services behind the webhooks of a configuration, each once. */
export function webhookServices(configuration: unknown): ServiceName[] {
  const named = listField(configuration, 'webhooks').flatMap((webhook) => serviceOf(webhook) ?? [])
  return [...new Map(named.map((each) => [`${each.namespace}/${each.name}`, each])).values()]
}

/**
 * The API server can call each webhook of a configuration only where it knows the authority
 * that signed its certificate, and where somebody answers at its Service. Total.
 */
export function webhookStatus(
  configuration: KubeObject | undefined,
  endpointSlices: readonly KubeObject[],
): ObjectStatus {
  const base = objectStatus(configuration)
  if (base.status !== 'Current') return base
  const webhooks = listField(configuration, 'webhooks')
  if (webhooks.length === 0) return failed('has no webhooks')
  const faults = webhooks.flatMap((webhook) => faultOf(webhook, endpointSlices) ?? [])
  if (faults.length > 0) return failed(faults.join(', '))
  return current(`${webhooks.length} of ${webhooks.length} webhooks answer`)
}

/** True where the API server knows no authority for a Service that it is to call. Total. */
export function lacksAuthority(configuration: KubeObject | undefined): boolean {
  return listField(configuration, 'webhooks').some(
    (webhook) => serviceOf(webhook) !== undefined && caBundleOf(webhook) === '',
  )
}

function caBundleOf(webhook: Json): string {
  return textField(webhook, 'clientConfig', 'caBundle')
}

function faultOf(webhook: Json, endpointSlices: readonly KubeObject[]): string | undefined {
  const service = serviceOf(webhook)
  // A webhook at an address of its own may be signed by an authority that everybody knows.
  if (!service) return undefined
  const name = textField(webhook, 'name')
  const bundle = caBundleOf(webhook)
  if (bundle === '') return `${name} has no caBundle`
  if (!isCertificate(bundle)) return `the caBundle of ${name} is no certificate`
  const isReady = endpointSlices.some((slice) => isOf(slice, service) && hasReadyEndpoint(slice))
  return isReady ? undefined : `Service ${service.namespace}/${service.name} of ${name} has no ready endpoint`
}

function serviceOf(webhook: Json): ServiceName | undefined {
  const name = textField(webhook, 'clientConfig', 'service', 'name')
  const namespace = textField(webhook, 'clientConfig', 'service', 'namespace')
  return name === '' ? undefined : { namespace, name }
}

function isCertificate(base64: string): boolean {
  return Buffer.from(base64, 'base64').toString('latin1').includes('-----BEGIN CERTIFICATE-----')
}

function isOf(slice: KubeObject, { namespace, name }: ServiceName): boolean {
  return (
    textField(slice, 'metadata', 'namespace') === namespace &&
    textField(slice, 'metadata', 'labels', 'kubernetes.io/service-name') === name
  )
}

/** What says nothing of itself is ready, by the API's own rule. */
function hasReadyEndpoint(slice: KubeObject): boolean {
  return listField(slice, 'endpoints').some((endpoint) => field(endpoint, 'conditions', 'ready') !== false)
}
