import type { ClusterSnapshot } from '../model/cluster.js'
import type { ServedKind } from '../model/kube-object.js'
import type { ReadPorts } from '../ports/ports.js'

/** Which cluster it is and what it serves. */
export async function readCluster(ports: Pick<ReadPorts, 'cluster'>): Promise<ClusterSnapshot> {
  const [identity, servedKinds] = await Promise.all([ports.cluster.identity(), ports.cluster.servedKinds()])
  return { ...identity, servedKinds }
}

/** Served kinds as helm's `--api-versions` wants them: `apps/v1` and `apps/v1/Deployment`. */
export function apiVersionsOf(servedKinds: readonly ServedKind[]): string[] {
  const names = servedKinds.flatMap(({ group, version, kind }) => {
    const apiVersion = group === '' ? version : `${group}/${version}`
    return [apiVersion, `${apiVersion}/${kind}`]
  })
  return [...new Set(names)]
}
