import type { ClusterWriter } from '../ports/cluster.js'
import { collectionPath, objectPath, type ApiPaths } from './api-paths.js'
import { applyObject, fieldManager, resultOf, sendObject } from './kube-apply.js'
import { apiFailure } from './rest-failures.js'
import type { RestClient, RestRequest } from './rest-client.js'

/** The API server, asked to change something. */
export function kubeApiWriter(client: RestClient, paths: ApiPaths): ClusterWriter {
  return {
    apply: (object) => applyObject(client, paths, object, { dryRun: false }),
    create: async (object) => {
      const path = await paths.pathOf(object.apiVersion, object.kind)
      if (!path) {
        const message = `the server does not serve ${object.kind} of ${object.apiVersion}`
        return { ok: false, refusal: { status: 404, reason: 'NotFound', message } }
      }
      const request: RestRequest = {
        method: 'POST',
        path: `${collectionPath(path, object.metadata.namespace)}?fieldManager=${fieldManager}`,
        body: JSON.stringify(object),
      }
      return resultOf(request, await client.send(request))
    },
    replace: (object) =>
      sendObject(client, paths, object, (path) => ({
        method: 'PUT',
        path: `${path}?fieldManager=${fieldManager}`,
        body: JSON.stringify(object),
      })),
    delete: async (ref, uid) => {
      const path = await paths.pathOf(ref.apiVersion, ref.kind)
      if (!path) return false
      const options = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid },
        propagationPolicy: 'Background',
      }
      const request: RestRequest = {
        method: 'DELETE',
        path: objectPath(path, ref),
        body: JSON.stringify(options),
      }
      const response = await client.send(request)
      // 409: another object of that name, which is not the one that was meant.
      if (response.status === 404 || response.status === 409) return false
      if (response.status >= 300) throw apiFailure(request, response)
      return true
    },
  }
}
