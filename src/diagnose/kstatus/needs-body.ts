import { groupOf } from '../../model/object-ref.js'
import { kindRules } from './kind-rules.js'

/** Groups of Kubernetes itself: their kinds without a rule have no status that tells anything. */
const builtInGroups = new Set([
  ...['', 'apps', 'batch', 'autoscaling', 'policy', 'extensions'],
  ...['admissionregistration', 'authentication', 'authorization', 'certificates', 'coordination'].map(
    ofKubernetes,
  ),
  ...['discovery', 'events', 'flowcontrol.apiserver', 'internal.apiserver', 'networking', 'node'].map(
    ofKubernetes,
  ),
  ...['rbac.authorization', 'resource', 'scheduling', 'storage', 'storagemigration'].map(ofKubernetes),
  ...['apiextensions', 'apiregistration'].map(ofKubernetes),
])

/** Kinds that have a rule by which existing is enough. */
const existing = new Set(['batch/CronJob', 'policy/PodDisruptionBudget'])

/** False for kinds that are current because they exist: their metadata is enough, and no Secret is ever read. */
export function needsBody(apiVersion: string, kind: string): boolean {
  const group = groupOf(apiVersion)
  const key = group === '' ? kind : `${group}/${kind}`
  if (Object.hasOwn(kindRules, key)) return !existing.has(key)
  return !builtInGroups.has(group)
}

function ofKubernetes(name: string): string {
  return `${name}.k8s.io`
}
