/**
 * Pods of the mesh's programs are Ready on a bed as soon as they are scheduled. This policy gives them a state of
 * their own at creation, so that they become Ready only when the actor has done their work and takes it away.
 */
import type { KubeApi } from './kube-api.js'

/** The annotation by which the bed knows a pod's wished state. */
export const STATE_ANNOTATION = 'bed.mesh-upgrade.dev/state'
/** The state of a pod whose program has not done its work yet. */
export const STARTING = 'starting'

const name = 'bed-osm-actor'
const group = '/apis/admissionregistration.k8s.io/v1'
const apiVersion = 'admissionregistration.k8s.io/v1'
const policies = `${group}/mutatingadmissionpolicies`
const bindings = `${group}/mutatingadmissionpolicybindings`

const IS_PROGRAM = `
  (has(object.metadata.labels) && 'app' in object.metadata.labels &&
    object.metadata.labels['app'] in ['osm-bootstrap', 'osm-controller', 'osm-injector']) ||
  object.spec.containers.exists(c, c.name == 'garbage-collector' || c.image.matches('(^|/)osm-crds[:@]'))`
const HAS_NO_STATE = `!has(object.metadata.annotations) || !('${STATE_ANNOTATION}' in object.metadata.annotations)`
const GIVE_STATE = `Object{metadata: Object.metadata{annotations: {'${STATE_ANNOTATION}': '${STARTING}'}}}`

export async function raiseGate(api: KubeApi): Promise<void> {
  const spec = {
    matchConstraints: {
      resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
    },
    matchConditions: [
      { name: 'is-program', expression: IS_PROGRAM },
      { name: 'has-no-state', expression: HAS_NO_STATE },
    ],
    failurePolicy: 'Fail',
    reinvocationPolicy: 'Never',
    mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: GIVE_STATE } }],
  }
  const policy = { apiVersion, kind: 'MutatingAdmissionPolicy', metadata: { name }, spec }
  const bindingSpec = { policyName: name }
  const binding = {
    apiVersion,
    kind: 'MutatingAdmissionPolicyBinding',
    metadata: { name },
    spec: bindingSpec,
  }
  await api.call({ method: 'POST', path: policies, body: policy, also: [409] })
  await api.call({ method: 'POST', path: bindings, body: binding, also: [409] })
}

export async function lowerGate(api: KubeApi): Promise<void> {
  await api.call({ method: 'DELETE', path: `${bindings}/${name}`, also: [404] })
  await api.call({ method: 'DELETE', path: `${policies}/${name}`, also: [404] })
}

/** Lets a pod become Ready. */
export async function letPass(api: KubeApi, namespace: string, pod: string): Promise<void> {
  const body = { metadata: { annotations: { [STATE_ANNOTATION]: null } } }
  await api.call({ method: 'PATCH', path: `/api/v1/namespaces/${namespace}/pods/${pod}`, body, also: [404] })
}
