import { stalledPods } from '../diagnose/stalled-pods.js'
import { missingWorkload, workloadStatus } from '../diagnose/workload-status.js'
import type { KubeObject } from '../model/kube-object.js'
import { field } from '../model/kube-object.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { Diagnosis } from '../model/rollout.js'
import type { ReadPorts } from '../ports/ports.js'
import { isMapping } from '../model/values.js'

/** What keeps the workloads of a release from being ready: statuses, pods that are not, their last events. */
export async function diagnoseRelease(
  namespace: string,
  workloads: readonly ObjectRef[],
  ports: Pick<ReadPorts, 'cluster'>,
): Promise<Diagnosis> {
  const { cluster } = ports
  const [pods, events, ...objects] = await Promise.all([
    cluster.listObjects('v1', 'Pod', { namespace }),
    cluster.listEvents(namespace),
    ...workloads.map((ref) => cluster.readObject(ref)),
  ])
  const statuses = workloads.map((ref, index) => {
    const object = objects[index]
    return object ? workloadStatus(object) : missingWorkload(ref)
  })
  const waiting = objects.filter((object, index) => object && statuses[index]?.rolloutStatus !== 'Current')
  // A hook's pod belongs to no workload, yet helm waits for it.
  const theirs = pods.filter(
    (pod) => isOfJob(pod) || waiting.some((object) => object && selects(object, pod)),
  )
  return { workloads: statuses, stalledPods: stalledPods(theirs, events), findings: [] }
}

function selects(workload: KubeObject, pod: KubeObject): boolean {
  const labels = field(workload, 'spec', 'selector', 'matchLabels')
  if (!isMapping(labels) || workload.metadata.namespace !== pod.metadata.namespace) return false
  return Object.entries(labels).every(([key, value]) => pod.metadata.labels?.[key] === value)
}

function isOfJob(pod: KubeObject): boolean {
  return (
    pod.metadata.ownerReferences?.some(({ kind, controller }) => kind === 'Job' && controller === true) ??
    false
  )
}
