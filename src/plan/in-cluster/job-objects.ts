import { canonicalJson } from '../../model/digest.js'
import { jobContainer, planFileOfJob, type JobFiles, type JobWish } from '../../model/in-cluster.js'
import type { KubeObject } from '../../model/kube-object.js'
import type { Permission } from '../../model/permission.js'
import type { UpgradePlan } from '../../model/plan.js'
import type { Json } from '../../model/values.js'
import type { HeldRule } from './run-permissions.js'

/** Objects of an in-cluster run, in the order in which they are made. */
export interface JobObjects {
  /** Owns the other rights. */
  clusterRole: KubeObject
  rights: KubeObject[]
  /** Suspended until its files are there; owns them. */
  job: KubeObject
  owned: KubeObject[]
}

const rbac = 'rbac.authorization.k8s.io'
const labels = { 'app.kubernetes.io/managed-by': 'mesh-upgrade' }

/** The same for the same plan, so that a second call finds the first. */
export function jobName({ release, digest }: Pick<UpgradePlan, 'release' | 'digest'>): string {
  return `mesh-upgrade-${release.name.slice(0, 36)}-${digest.replace('sha256:', '').slice(0, 10)}`
}

/** All objects of an in-cluster run, without the uids of their owners. */
export function jobObjects(
  plan: UpgradePlan,
  rights: { permissions: readonly Permission[]; held: readonly HeldRule[] },
  files: JobFiles,
  wish: JobWish,
): JobObjects {
  const name = jobName(plan)
  const namespace = wish.namespace ?? plan.release.namespace
  const account = wish.serviceAccount ?? name
  const subjects = [{ kind: 'ServiceAccount', name: account, namespace }]
  const self = {
    apiGroups: [rbac],
    resources: ['clusterroles'],
    verbs: ['get', 'delete'],
    resourceNames: [name],
  }
  const role = (kind: string, rules: Json[], where: { namespace?: string }): KubeObject => ({
    apiVersion: `${rbac}/v1`,
    kind,
    metadata: { name, ...where, labels },
    rules,
  })
  const binding = (kind: string, to: string, where: { namespace?: string }): KubeObject => ({
    apiVersion: `${rbac}/v1`,
    kind,
    metadata: { name, ...where, labels },
    roleRef: { apiGroup: rbac, kind: to, name },
    subjects,
  })
  const namespaces = [...new Set(rights.permissions.flatMap((each) => each.namespace ?? []))].sort()
  const rulesIn = (where: string | undefined): Json[] => [
    ...rulesOf(rights.permissions.filter((each) => each.namespace === where)),
    ...unique(rights.held.filter((each) => each.namespace === where).map(({ rule }) => rule)),
  ]
  const owned = wish.serviceAccount === undefined ? [accountObject(name, namespace)] : []
  return {
    clusterRole: role('ClusterRole', [self, ...rulesIn(undefined)], {}),
    rights: [
      binding('ClusterRoleBinding', 'ClusterRole', {}),
      ...namespaces.flatMap((each) => [
        role('Role', rulesIn(each), { namespace: each }),
        binding('RoleBinding', 'Role', { namespace: each }),
      ]),
    ],
    job: jobObject({ name, namespace, account }, files, wish),
    owned: [...owned, secretObject(name, namespace, files)],
  }
}

function accountObject(name: string, namespace: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } }
}

function secretObject(name: string, namespace: string, data: JobFiles): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels },
    type: 'mesh-upgrade.dev/plan',
    immutable: true,
    data,
  }
}

/** Exit codes that are an answer: the run is over, and another pod would not change it (5, a held lock, passes). */
const finalExitCodes = [1, 2, 3, 4, 6, 7, 8]

interface JobPlace {
  name: string
  namespace: string
  account: string
}

function jobObject(place: JobPlace, files: JobFiles, wish: JobWish): KubeObject {
  const { name, namespace } = place
  const onExitCodes = { containerName: jobContainer, operator: 'In', values: finalExitCodes }
  const onPodConditions = [{ type: 'DisruptionTarget', status: 'True' }]
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace, labels },
    spec: {
      suspend: true,
      backoffLimit: 6,
      ttlSecondsAfterFinished: wish.ttlSeconds,
      // A pod that is killed or evicted is followed by one that resumes; a run that ended is not.
      podFailurePolicy: {
        rules: [
          { action: 'FailJob', onExitCodes },
          { action: 'Ignore', onPodConditions },
        ],
      },
      template: { metadata: { labels }, spec: podSpec(place, containerOf(name, files, wish)) },
    },
  }
}

function podSpec({ name, account }: JobPlace, container: object): object {
  return {
    serviceAccountName: account,
    restartPolicy: 'Never',
    // A step is finished and the lock given back before the pod ends.
    terminationGracePeriodSeconds: 300,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [container],
    volumes: [
      { name: 'plan', secret: { secretName: name, defaultMode: 0o444 } },
      { name: 'work', emptyDir: {} },
    ],
  }
}

function containerOf(name: string, files: JobFiles, { image, words, helmDriver }: JobWish): object {
  const values = Object.keys(files).filter((file) => file !== planFileOfJob)
  return {
    name: jobContainer,
    image,
    command: ['kubectl-mesh_upgrade'],
    args: [
      ...['apply', `/plan/${planFileOfJob}`, '--yes', '--resume-if-begun', '--give-back', name],
      ...values.flatMap((file) => ['-f', `/plan/${file}`]),
      ...words,
    ],
    env: [
      { name: 'HOME', value: '/work' },
      { name: 'XDG_STATE_HOME', value: '/work/state' },
      ...(helmDriver === undefined ? [] : [{ name: 'HELM_DRIVER', value: helmDriver }]),
    ],
    volumeMounts: [
      { name: 'plan', mountPath: '/plan', readOnly: true },
      { name: 'work', mountPath: '/work', subPath: 'work' },
      { name: 'work', mountPath: '/tmp', subPath: 'tmp' },
    ],
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
    },
  }
}

/** Permissions as few rules: what has the same resource and names is one, what has the same verbs is one. */
export function rulesOf(permissions: readonly Permission[]): Json[] {
  const byTarget = new Map<string, { group: string; resource: string; names: string[]; verbs: Set<string> }>()
  const merged = new Map<string, Permission>()
  for (const each of permissions) {
    const key = [each.verb, each.group, each.resource, each.names.length > 0].join('/')
    const names = [...(merged.get(key)?.names ?? []), ...each.names]
    merged.set(key, { ...each, names: [...new Set(names)].sort() })
  }
  // What is granted for all of a kind is not granted by name besides.
  const all = [...merged.values()]
  const wide = new Set(all.filter(({ names }) => names.length === 0).map(targetVerb))
  for (const each of all.filter((one) => one.names.length === 0 || !wide.has(targetVerb(one)))) {
    const { group, resource, names, verb } = each
    const key = canonicalJson([group, resource, names])
    const target = byTarget.get(key) ?? { group, resource, names, verbs: new Set<string>() }
    byTarget.set(key, { ...target, verbs: target.verbs.add(verb) })
  }
  return [...byTarget.values()].map(({ group, resource, names, verbs }) => ({
    apiGroups: [group],
    resources: [resource],
    verbs: [...verbs].sort(),
    ...(names.length > 0 ? { resourceNames: names } : {}),
  }))
}

function targetVerb({ verb, group, resource }: Permission): string {
  return [verb, group, resource].join('/')
}

function unique(rules: readonly Json[]): Json[] {
  return [...new Map(rules.map((rule) => [canonicalJson(rule), rule])).values()]
}
