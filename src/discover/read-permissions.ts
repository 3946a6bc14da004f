import { UpgradeError } from '../errors.js'
import type { Permission, PermissionAnswer } from '../model/permission.js'
import type { ReadPorts } from '../ports/ports.js'

/** Asks the API server what the person may do: one review each, all at once; changes nothing. */
export function readPermissions(
  needed: readonly Permission[],
  { cluster }: Pick<ReadPorts, 'cluster'>,
): Promise<PermissionAnswer[]> {
  return Promise.all(needed.map((permission) => answerOf(permission, cluster)))
}

async function answerOf(permission: Permission, cluster: ReadPorts['cluster']): Promise<PermissionAnswer> {
  const { names, ...question } = permission
  try {
    const { allowed, reason } = await cluster.reviewAccess(question)
    if (allowed) return { permission, answer: 'allowed', deniedNames: [], reason }
    // A role may name its objects (resourceNames): they are asked for only where the whole kind is denied.
    const each = await Promise.all(names.map((name) => cluster.reviewAccess({ ...question, name })))
    const deniedNames = names.filter((_, index) => each[index]?.allowed !== true)
    const denied = names.length === 0 || deniedNames.length > 0
    return { permission, answer: denied ? 'denied' : 'allowed', deniedNames, reason }
  } catch (error) {
    if (!(error instanceof UpgradeError) || error.code !== 'ApiFailure') throw error
    return { permission, answer: 'unknown', deniedNames: [], reason: error.message }
  }
}
