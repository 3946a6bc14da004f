import { oldPods } from '../diagnose/old-pods.js'
import type { KubeObject } from '../model/kube-object.js'
import type { OldPod } from '../model/rollout.js'
import type { ClusterReader } from '../ports/cluster.js'

/** Pods of older versions, by three requests at most for each namespace. Throws `ApiFailure`. */
export async function readOldPods(
  workloads: readonly KubeObject[],
  cluster: ClusterReader,
): Promise<OldPod[]> {
  const namespacesOf = (kinds: readonly string[]): string[] => {
    const owners = workloads.filter(({ kind }) => kinds.includes(kind))
    return [...new Set(owners.flatMap(({ metadata }) => metadata.namespace ?? []))]
  }
  const list = async (
    apiVersion: string,
    kind: string,
    owners: readonly string[],
    metadataOnly = true,
  ): Promise<KubeObject[]> => {
    const lists = namespacesOf(owners).map((namespace) =>
      cluster.listObjects(apiVersion, kind, { namespace, metadataOnly }),
    )
    return (await Promise.all(lists)).flat()
  }
  const [pods, replicaSets, controllerRevisions] = await Promise.all([
    list('v1', 'Pod', ['Deployment', 'StatefulSet', 'DaemonSet']),
    list('apps/v1', 'ReplicaSet', ['Deployment']),
    // Its number is no part of its metadata.
    list('apps/v1', 'ControllerRevision', ['DaemonSet'], false),
  ])
  return oldPods({ workloads, pods, replicaSets, controllerRevisions })
}
