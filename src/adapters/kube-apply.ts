import type { ApplyResult } from '../model/api-result.js'
import type { KubeObject } from '../model/kube-object.js'
import { objectPath, type ApiPaths } from './api-paths.js'
import { apiFailure, parseAnswer, refusalOf, type RestResponse } from './rest-failures.js'
import type { RestClient, RestRequest } from './rest-client.js'

export const fieldManager = 'mesh-upgrade'

/**
 * Server-side apply with force. The server refuses fields that it does not know by itself
 * ("field not declared in schema"), so that no stricter validation is asked for.
 * A refusal is a result; throws `ClusterUnreachable`, and `ApiFailure` for a login that is refused.
 */
export async function applyObject(
  client: RestClient,
  paths: ApiPaths,
  object: KubeObject,
  { dryRun }: { dryRun: boolean },
): Promise<ApplyResult> {
  const query = new URLSearchParams({ fieldManager, force: 'true', fieldValidation: 'Strict' })
  if (dryRun) query.set('dryRun', 'All')
  return sendObject(client, paths, object, (path) => ({
    method: 'PATCH',
    path: `${path}?${query.toString()}`,
    contentType: 'application/apply-patch+yaml',
    body: JSON.stringify(withoutServerFields(object)),
    // Applying the same twice is applying it once.
    repeatable: true,
  }))
}

/** Sends an object to its own path and reads the answer; a kind that is not served is a refusal. */
export async function sendObject(
  client: RestClient,
  paths: ApiPaths,
  object: KubeObject,
  make: (path: string) => RestRequest,
): Promise<ApplyResult> {
  const kindPath = await paths.pathOf(object.apiVersion, object.kind)
  if (!kindPath) {
    const message = `the server does not serve ${object.kind} of ${object.apiVersion}`
    return { ok: false, refusal: { status: 404, reason: 'NotFound', message } }
  }
  const request = make(objectPath(kindPath, object.metadata))
  return resultOf(request, await client.send(request))
}

/** An answer as a value. Throws `ApiFailure` for 401: then nothing else will be answered either. */
export function resultOf(request: RestRequest, response: RestResponse): ApplyResult {
  if (response.status >= 200 && response.status < 300) {
    return { ok: true, object: parseAnswer(request, response.body) as KubeObject }
  }
  if (response.status === 401) throw apiFailure(request, response)
  return { ok: false, refusal: refusalOf(response) }
}

/** Without what only the server writes; applying it would claim or contradict the server's own fields. */
function withoutServerFields(object: KubeObject): KubeObject {
  const { status: _status, ...rest } = object
  const {
    resourceVersion: _v,
    uid: _u,
    managedFields: _m,
    creationTimestamp: _c,
    ...metadata
  } = object.metadata
  return { ...rest, apiVersion: object.apiVersion, kind: object.kind, metadata: metadata }
}
