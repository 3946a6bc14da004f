import { objectStatus } from '../diagnose/kstatus/object-status.js'
import { meshExpectations } from '../diagnose/mesh-expectations.js'
import { servedRef } from '../diagnose/release-objects.js'
import { webhookServices, webhookStatus } from '../diagnose/webhook-status.js'
import { messageOf } from '../errors.js'
import type { MeshExpectation } from '../meshes/mesh.js'
import type { KubeObject, ServedKind } from '../model/kube-object.js'
import type { ReleaseSnapshot } from '../model/release.js'
import type { ObjectStatus } from '../model/rollout.js'
import type { ClusterReader } from '../ports/cluster.js'
import type { MeshState } from './observation.js'

/** What the mesh needs besides its release, as it is: few objects, read one by one. Never throws. */
export function readMesh(
  release: ReleaseSnapshot,
  servedKinds: readonly ServedKind[],
  cluster: ClusterReader,
): Promise<MeshState[]> {
  return Promise.all(
    meshExpectations(release).map(async (expected) => {
      const expectation = { ...expected, object: servedRef(expected.object, servedKinds) }
      const state = await readState(expectation, cluster).catch((error: unknown): ObjectStatus => {
        return { status: 'Unknown', message: messageOf(error) }
      })
      return { expectation, ...state }
    }),
  )
}

async function readState({ type, object }: MeshExpectation, cluster: ClusterReader): Promise<ObjectStatus> {
  const live = await cluster.readObject(object)
  if (type === 'object') return objectStatus(live)
  const slices = await readSlices(live, cluster)
  return webhookStatus(live, slices)
}

/** One request for each namespace in which a webhook is served. */
async function readSlices(configuration: unknown, cluster: ClusterReader): Promise<KubeObject[]> {
  const services = webhookServices(configuration)
  const namespaces = [...new Set(services.map(({ namespace }) => namespace))]
  const lists = namespaces.map((namespace) => {
    const names = services.filter((each) => each.namespace === namespace).map(({ name }) => name)
    const labelSelector = `kubernetes.io/service-name in (${names.join(',')})`
    return cluster.listObjects('discovery.k8s.io/v1', 'EndpointSlice', { namespace, labelSelector })
  })
  return (await Promise.all(lists)).flat()
}
