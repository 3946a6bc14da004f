import { field, listField, textField } from '../model/kube-object.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { WorkloadStatus } from '../model/rollout.js'
import type { PodFacts } from './rollout-facts.js'

const clusterHost = /\b([a-z][a-z0-9-]*)\.[a-z0-9-]+\.svc\b/g

/**
 * The workloads that a pod's init container, which still runs, waits for: it names the Service of one of
 * them (`osm-bootstrap.osm-system.svc…`), which is called like the workload.
 */
export function waitsFor(pod: PodFacts, workloads: readonly WorkloadStatus[]): ObjectRef[] {
  const running = pod.containers.filter(({ isInit, isReady, runningSince }) => {
    return isInit && !isReady && runningSince !== undefined
  })
  const hosts = new Set(running.flatMap(({ name }) => hostsOf(pod, name)))
  return workloads
    .map(({ workload }) => workload)
    .filter(({ name }) => hosts.has(name) && name !== pod.workload.name)
}

function hostsOf({ object }: PodFacts, container: string): string[] {
  const spec = listField(object, 'spec', 'initContainers').find((each) => field(each, 'name') === container)
  const words = [...listField(spec, 'command'), ...listField(spec, 'args')]
  const values = listField(spec, 'env').map((each) => textField(each, 'value'))
  const text = [...words, ...values].filter((word) => typeof word === 'string').join(' ')
  return [...text.matchAll(clusterHost)].map(([, host = '']) => host)
}
