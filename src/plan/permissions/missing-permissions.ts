import type { Finding } from '../../model/finding.js'
import type { Permission, PermissionAnswer } from '../../model/permission.js'

/**
 * What the person who asks may not do. An upgrade that is to be run is refused for it; a plan that is only
 * shown is not: somebody else may run it.
 */
export function missingPermissions(
  answers: readonly PermissionAnswer[],
  needed: 'to-run' | 'to-know',
): Finding[] {
  const denied = answers.filter(({ answer }) => answer === 'denied')
  const unknown = answers.filter(({ answer }) => answer === 'unknown')
  return [
    ...(denied.length > 0 ? [deniedFinding(denied, needed)] : []),
    ...(unknown.length > 0 ? [unknownFinding(unknown)] : []),
  ]
}

function deniedFinding(denied: readonly PermissionAnswer[], needed: 'to-run' | 'to-know'): Finding {
  const runs = needed === 'to-run'
  return {
    code: 'MU501',
    severity: runs ? 'error' : 'warning',
    message: `you do not have ${counted(denied)} of this upgrade${runs ? '' : ': with your login it would be refused'}`,
    evidence: denied.map(lineOf),
    remedy: {
      text: 'ask for them, or let somebody who has them run it; to look at the first of them:',
      commands: denied.slice(0, 1).map(canI),
    },
  }
}

function unknownFinding(unknown: readonly PermissionAnswer[]): Finding {
  return {
    code: 'MU501',
    severity: 'unknown',
    message: `whether you have ${counted(unknown)} of this upgrade could not be asked`,
    evidence: [...new Set(unknown.map(({ reason }) => reason))],
    remedy: {
      text: 'ask yourself:',
      commands: unknown.slice(0, 1).map(canI),
    },
  }
}

function counted(answers: readonly PermissionAnswer[]): string {
  return answers.length === 1 ? 'a permission' : `${answers.length} permissions`
}

/** `patch customresourcedefinitions.apiextensions.k8s.io (meshconfigs…): the server's words`. */
function lineOf({ permission, deniedNames, reason }: PermissionAnswer): string {
  const where = permission.namespace === undefined ? '' : ` in namespace ${permission.namespace}`
  const which = deniedNames.length > 0 ? ` (${deniedNames.join(', ')})` : ''
  return `${permission.verb} ${fullName(permission)}${which}${where}${reason === '' ? '' : `: ${reason}`}`
}

function fullName({ resource, group }: Permission): string {
  return group === '' ? resource : `${resource}.${group}`
}

function canI({ permission, deniedNames }: PermissionAnswer): string {
  const where = permission.namespace === undefined ? '' : ` -n ${permission.namespace}`
  const name = deniedNames[0] === undefined ? '' : `/${deniedNames[0]}`
  return `kubectl auth can-i ${permission.verb} ${fullName(permission)}${name}${where}`
}
