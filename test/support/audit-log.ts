/** What a user asked the API server of a bed for, by its audit log, and how that compares with roles. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KubeObject } from '../../src/model/kube-object.js'

export interface Asked {
  verb: string
  group: string
  /** With the subresource: `pods/log`. */
  resource: string
  namespace: string
  name: string
  status: number
}

interface AuditEvent {
  user: { username: string }
  verb: string
  objectRef?: Record<'apiGroup' | 'resource' | 'subresource' | 'namespace' | 'name', string | undefined>
  responseStatus?: { code?: number }
}

/** Requests for objects, in the order of the log. */
export function askedBy(bedFolder: string, username: string): Asked[] {
  const lines = readFileSync(join(bedFolder, 'audit.log'), 'utf8').split('\n')
  const events = lines.flatMap((line) => (line.endsWith('}') ? [JSON.parse(line) as AuditEvent] : []))
  return events.flatMap(({ user, verb, objectRef, responseStatus }) => {
    if (user.username !== username || !objectRef) return []
    const { apiGroup = '', resource = '', subresource, namespace = '', name = '' } = objectRef
    const place = subresource === undefined ? resource : `${resource}/${subresource}`
    const asked = { group: apiGroup, resource: place, namespace, name, status: responseStatus?.code ?? 0 }
    // A server-side apply that makes its object is asked for both.
    const isCreated = verb === 'patch' && asked.status === 201
    return [{ verb, ...asked }, ...(isCreated ? [{ verb: 'create', ...asked }] : [])]
  })
}

export interface Rule {
  apiGroups: string[]
  resources: string[]
  verbs: string[]
  resourceNames?: string[]
}

/** One verb on one resource, in one namespace or (empty) everywhere. */
export interface Grant {
  verb: string
  group: string
  resource: string
  namespace: string
  names?: string[]
}

/** What roles grant, without the rules that `isLeftOut`. */
export function grantsOf(objects: readonly KubeObject[], isLeftOut: (rule: Rule) => boolean): Grant[] {
  const roles = objects.filter(({ kind }) => ['Role', 'ClusterRole'].includes(kind))
  return roles.flatMap((role) =>
    (role['rules'] as Rule[])
      .filter((rule) => !isLeftOut(rule))
      .flatMap((rule) =>
        rule.apiGroups.flatMap((group) =>
          rule.resources.flatMap((resource) =>
            rule.verbs.map((verb) => ({
              ...{ verb, group, resource, namespace: role.metadata.namespace ?? '' },
              ...(rule.resourceNames ? { names: rule.resourceNames } : {}),
            })),
          ),
        ),
      ),
  )
}

/** True where the grant allows the request. */
export function covers({ namespace, names, ...grant }: Grant, asked: Asked): boolean {
  const isSame = grant.verb === asked.verb && grant.group === asked.group && grant.resource === asked.resource
  return (
    isSame && (namespace === '' || namespace === asked.namespace) && (!names || names.includes(asked.name))
  )
}

/** `patch configmaps (mesh-upgrade.osm) in osm-system`. */
export function formatGrant({ verb, group, resource, namespace, names }: Grant): string {
  const kind = group === '' ? resource : `${resource}.${group}`
  return `${verb} ${kind}${names ? ` (${names.join(', ')})` : ''}${namespace === '' ? '' : ` in ${namespace}`}`
}
