import type { ApplyResult } from '../model/api-result.js'
import type { KubeObject } from '../model/kube-object.js'
import type { ClusterWriter } from '../ports/cluster.js'
import { collectionPath, objectPath, type ApiPaths } from './api-paths.js'
import { applyObject, fieldManager, notServed, resultOf } from './kube-apply.js'
import { apiFailure } from './rest-failures.js'
import { evictPod } from './evict-pod.js'
import { isGone, readBackOurs } from './read-back.js'
import type { RestClient, RestRequest } from './rest-client.js'

const deleteTries = 3

/** The API server, asked to change something. */
export function kubeApiWriter(client: RestClient, paths: ApiPaths): ClusterWriter {
  return {
    apply: (object) => applyObject(client, paths, object, { dryRun: false }),
    create: async (object) => {
      const path = await paths.pathOf(object.apiVersion, object.kind)
      if (!path) return notServed(object)
      const request: RestRequest = {
        method: 'POST',
        path: `${collectionPath(path, object.metadata.namespace)}?fieldManager=${fieldManager}`,
        body: JSON.stringify(object),
        // A second one is a conflict with the first, which is then looked at.
        repeatable: true,
      }
      return settle(client, { request, path: objectPath(path, object.metadata), object })
    },
    replace: async (object) => {
      const path = await paths.pathOf(object.apiVersion, object.kind)
      if (!path) return notServed(object)
      const objectAt = objectPath(path, object.metadata)
      const request: RestRequest = {
        method: 'PUT',
        path: `${objectAt}?fieldManager=${fieldManager}`,
        body: JSON.stringify(object),
        // Without a resourceVersion it would undo what others wrote in between.
        repeatable: object.metadata.resourceVersion !== undefined,
      }
      return settle(client, { request, path: objectAt, object })
    },
    delete: async (ref, uid, resourceVersion, propagationPolicy = 'Background') => {
      const path = await paths.pathOf(ref.apiVersion, ref.kind)
      if (!path) return false
      const options = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
        propagationPolicy,
      }
      const request: RestRequest = {
        method: 'DELETE',
        path: objectPath(path, ref),
        body: JSON.stringify(options),
        repeatable: true,
      }
      return sendDelete(client, { request, uid, isExact: resourceVersion !== undefined })
    },
    evict: (pod, uid) => evictPod(client, pod, uid),
  }
}

interface Deletion {
  request: RestRequest
  uid: string
  /** Meant for one state of the object only. */
  isExact: boolean
}

/** True where the object was there and is gone; a conflict over an object that is still the same one passes. */
async function sendDelete(client: RestClient, { request, uid, isExact }: Deletion): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    const response = await client.send(request)
    const { status, maybeDone } = response
    if (status < 300) return true
    if (status !== 404 && status !== 409) throw apiFailure(request, response)
    // 409: another object of that name, or changed since: not the one that was meant.
    const gone = (status === 409 || maybeDone === true) && (await isGone(client, request.path, uid))
    // After a lost answer it is gone because we asked for it.
    if (status === 404 || gone || isExact || tries >= deleteTries) return maybeDone === true && gone
  }
}

interface Write {
  request: RestRequest
  /** Of the object itself. */
  path: string
  object: KubeObject
}

/** Sends a write that a second try turns into a conflict; the conflict is none where our first try succeeded. */
async function settle(client: RestClient, { request, path, object }: Write): Promise<ApplyResult> {
  const response = await client.send(request)
  const isDoubtful = response.status === 409 && response.maybeDone === true
  const ours = isDoubtful ? await readBackOurs(client, path, object) : undefined
  return resultOf(request, ours ?? response)
}
