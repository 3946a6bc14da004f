import { isMapping } from '../model/values.js'
import { textField, type KubeObject } from '../model/kube-object.js'
import type { RestClient } from './rest-client.js'
import type { RestResponse } from './rest-failures.js'

/**
 * After a write whose first answer was lost and whose second is a conflict: the object as it is, where all that
 * was sent is in it, so that the conflict is with ourselves. Undefined where it is somebody else's.
 */
export async function readBackOurs(
  client: RestClient,
  path: string,
  sent: KubeObject,
): Promise<RestResponse | undefined> {
  const found = await client.send({ method: 'GET', path })
  if (found.status !== 200) return undefined
  const { status: _status, metadata, ...content } = sent
  const { resourceVersion: _v, managedFields: _m, generation: _g, creationTimestamp: _c, ...rest } = metadata
  return holds(found.parsed, { ...content, metadata: rest }) ? found : undefined
}

/** True where the object with this uid is not there any more, or on its way out. */
export async function isGone(client: RestClient, path: string, uid: string): Promise<boolean> {
  const { status, parsed } = await client.send({ method: 'GET', path })
  if (status === 404) return true
  const isThere = status !== 200 || textField(parsed, 'metadata', 'uid') === uid
  return !isThere || textField(parsed, 'metadata', 'deletionTimestamp') !== ''
}

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

/**
 * True where every value that was sent is in what is there. The server adds defaults, leaves out what is empty,
 * and writes times in a form of its own.
 */
export function holds(there: unknown, sent: unknown): boolean {
  if (isEmpty(sent)) return isEmpty(there)
  if (Array.isArray(sent)) {
    return (
      Array.isArray(there) &&
      there.length === sent.length &&
      sent.every((element, index) => holds(there[index], element))
    )
  }
  if (isMapping(sent)) {
    const actual = isMapping(there) ? there : {}
    return Object.entries(sent).every(([key, value]) => holds(actual[key], value))
  }
  return there === sent || (isTime(there) && isTime(sent) && Date.parse(there) === Date.parse(sent))
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && time.test(value)
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  return typeof value === 'object' && Object.values(value).every(isEmpty)
}
