import type { ObjectRef } from '../model/object-ref.js'
import type { Eviction } from '../ports/cluster.js'
import { isGone } from './read-back.js'
import { apiFailure, refusalOf } from './rest-failures.js'
import type { RestClient, RestRequest } from './rest-client.js'

/** Evicts a pod of one uid; see `ClusterWriter.evict`. Throws `ApiFailure`. */
export async function evictPod(
  client: RestClient,
  { namespace = '', name }: ObjectRef,
  uid: string,
): Promise<Eviction> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`
  const eviction = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
    deleteOptions: { preconditions: { uid } },
  }
  const request: RestRequest = {
    method: 'POST',
    path: `${path}/eviction`,
    body: JSON.stringify(eviction),
    // The uid makes a second one harmless.
    repeatable: true,
    budgetStands: true,
  }
  const response = await client.send(request)
  const { status } = response
  if (status < 300) return { result: 'evicted' }
  if (status === 404) return { result: 'gone' }
  // 409: another pod of that name.
  if (status === 409 && (await isGone(client, path, uid))) return { result: 'gone' }
  if (status === 429) return { result: 'later', why: refusalOf(response).message }
  throw apiFailure(request, response)
}
