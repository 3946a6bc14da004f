import { textField } from '../../model/kube-object.js'
import type { Json, Values } from '../../model/values.js'
import type { MeshExpectation } from '../mesh.js'
import { compareVersions } from '../version-order.js'
import { rootKey } from './root-key.js'

/** The names under which the mesh's webhook configurations are, in every version. */
export function webhookNames(root: Json | undefined): { mutating: string; validating: string } {
  const meshName = textField(root, 'meshName') || 'osm'
  const prefix = textField(root, 'webhookConfigNamePrefix') || 'osm-webhook'
  const validating = textField(root, 'validatorWebhook', 'webhookConfigurationName')
  return {
    mutating: `${prefix}-${meshName}`,
    validating: validating || `osm-validator-mesh-${meshName}`,
  }
}

/**
 * Without its MeshConfig the control plane does not work, and without webhooks that answer no pod of the
 * mesh gets a sidecar and no policy is checked. All three are made or completed by the mesh's own workloads.
 */
export function expectations(release: {
  namespace: string
  chartVersion: string
  values: Values
}): MeshExpectation[] {
  const { chartVersion: version, values } = release
  const since = (first: string): boolean => compareVersions(version, first) >= 0
  const root = values[rootKey(version)]
  const namespace = textField(root, 'osmNamespace') || release.namespace
  const names = webhookNames(root)
  const meshConfig = `config.openservicemesh.io/${since('1.1.0') ? 'v1alpha2' : 'v1alpha1'}`
  const admission = 'admissionregistration.k8s.io/v1'
  const found: MeshExpectation[] = [
    {
      type: 'webhook',
      object: { apiVersion: admission, kind: 'MutatingWebhookConfiguration', name: names.mutating },
      by: 'osm-injector',
    },
  ]
  if (since('0.10.0')) {
    const object = { apiVersion: admission, kind: 'ValidatingWebhookConfiguration', name: names.validating }
    found.push({ type: 'webhook', object, by: 'osm-controller' })
  }
  if (since('0.9.0')) {
    const object = { apiVersion: meshConfig, kind: 'MeshConfig', namespace, name: 'osm-mesh-config' }
    found.push({ type: 'object', object, by: since('0.10.0') ? 'osm-bootstrap' : 'osm-controller' })
  }
  return found
}
