import type { ApplyResult } from '../model/api-result.js'
import type { KubeObject } from '../model/kube-object.js'
import { objectPath, type ApiPaths } from './api-paths.js'
import { apiFailure, refusalOf, type RestResponse } from './rest-failures.js'
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
  const kindPath = await paths.pathOf(object.apiVersion, object.kind)
  if (!kindPath) return notServed(object)
  const request: RestRequest = {
    method: 'PATCH',
    path: `${objectPath(kindPath, object.metadata)}?${query.toString()}`,
    contentType: 'application/apply-patch+yaml',
    body: JSON.stringify(withoutServerFields(object)),
    // Applying the same twice is applying it once.
    repeatable: true,
    conflictPasses: true,
  }
  return resultOf(request, await client.send(request))
}

/** The refusal for an object whose kind the server does not serve. */
export function notServed({ apiVersion, kind }: KubeObject): ApplyResult {
  const message = `the server does not serve ${kind} of ${apiVersion}`
  return { ok: false, refusal: { status: 404, reason: 'NotFound', message } }
}

/** An answer as a value. Throws `ApiFailure` for 401: then nothing else will be answered either. */
export function resultOf(request: RestRequest, response: RestResponse): ApplyResult {
  if (response.status >= 200 && response.status < 300) {
    return { ok: true, object: response.parsed as KubeObject }
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
