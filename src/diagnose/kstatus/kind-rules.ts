import type { KubeObject } from '../../model/kube-object.js'
import { workloadStatus } from '../workload-status.js'
import { apiService, crd } from './extensions.js'
import { job, pod, replicaSet } from './pods.js'
import { current, inProgress, type KindRule } from './status.js'
import { textField } from '../../model/kube-object.js'

const workload: KindRule = (object) => {
  const { rolloutStatus, message } = workloadStatus(object as KubeObject)
  return { status: rolloutStatus, message }
}

const claim: KindRule = (object) => {
  const phase = textField(object, 'status', 'phase')
  return phase === 'Bound' ? current('bound') : inProgress(`is not bound: ${phase || 'no phase yet'}`)
}

/** An address from outside is not waited for, as in kstatus: clusters without load balancers give none. */
const service: KindRule = (object) =>
  textField(object, 'spec', 'type') === 'LoadBalancer' && textField(object, 'spec', 'clusterIP') === ''
    ? inProgress('has no cluster address yet')
    : current('exists')

const exists: KindRule = () => current('exists')

/** Kinds whose status has rules of its own, by `group/Kind`. */
export const kindRules: Readonly<Record<string, KindRule>> = {
  'apps/Deployment': workload,
  'apps/StatefulSet': workload,
  'apps/DaemonSet': workload,
  'apps/ReplicaSet': replicaSet,
  'batch/Job': job,
  'batch/CronJob': exists,
  Pod: pod,
  PersistentVolumeClaim: claim,
  Service: service,
  'policy/PodDisruptionBudget': exists,
  'apiextensions.k8s.io/CustomResourceDefinition': crd,
  'apiregistration.k8s.io/APIService': apiService,
}
