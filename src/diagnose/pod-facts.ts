import { listField, field, refOf, textField, type KubeObject } from '../model/kube-object.js'
import type { ObjectRef } from '../model/object-ref.js'
import { isMapping } from '../model/values.js'
import { containersOf } from './containers.js'
import type { PodFacts } from './rollout-facts.js'
import { isReady, isStalled } from './stalled-pods.js'

/** What was read of a namespace or several. */
export interface PodSources {
  /** Workloads whose rollout is not finished. */
  unfinished: readonly KubeObject[]
  hookJobs: readonly KubeObject[]
  pods: readonly KubeObject[]
  /** Metadata is enough. */
  replicaSets: readonly KubeObject[]
  events: readonly KubeObject[]
}

/** The pods of unfinished workloads and hooks: those that are not ready, of the newest revision only, and the ready ones. */
export function podFacts(sources: PodSources): { stalled: PodFacts[]; ready: PodFacts[] } {
  const facts = sources.pods.flatMap((pod): PodFacts[] => {
    const owner =
      sources.unfinished.find((workload) => selects(workload, pod)) ?? jobOf(pod, sources.hookJobs)
    return owner ? [describe(pod, refOf(owner), sources.events)] : []
  })
  return {
    stalled: facts.filter(({ object }) => isStalled(object) && !isOfOldRevision(object, sources)),
    ready: facts.filter(({ object }) => isReady(object)),
  }
}

/** True for a Job that helm runs as a hook of installs and upgrades, until it is complete. */
export function isOpenHook(job: KubeObject): boolean {
  const hooks = textField(job, 'metadata', 'annotations', 'helm.sh/hook')
  if (!/\b(?:pre|post)-(?:install|upgrade|rollback)\b/.test(hooks)) return false
  const conditions = listField(job, 'status', 'conditions')
  return !conditions.some((each) => field(each, 'type') === 'Complete' && field(each, 'status') === 'True')
}

function describe(object: KubeObject, workload: ObjectRef, events: readonly KubeObject[]): PodFacts {
  const { uid } = object.metadata
  const about = events.filter((event) => uid !== undefined && field(event, 'involvedObject', 'uid') === uid)
  return { ref: refOf(object), object, workload, containers: containersOf(object), events: about }
}

function selects(workload: KubeObject, pod: KubeObject): boolean {
  const labels = field(workload, 'spec', 'selector', 'matchLabels')
  if (!isMapping(labels) || workload.metadata.namespace !== pod.metadata.namespace) return false
  return Object.entries(labels).every(([key, value]) => field(pod, 'metadata', 'labels', key) === value)
}

function jobOf(pod: KubeObject, jobs: readonly KubeObject[]): KubeObject | undefined {
  const owner = controllerOf(pod)
  return jobs.find(({ metadata }) => metadata.uid !== undefined && metadata.uid === owner)
}

/** A pod that the newest version of its Deployment replaces says nothing about that version. */
function isOfOldRevision(pod: KubeObject, { unfinished, replicaSets }: PodSources): boolean {
  const owner = controllerOf(pod)
  const replicaSet = replicaSets.find(({ metadata }) => metadata.uid !== undefined && metadata.uid === owner)
  const deployment = replicaSet && controllerOf(replicaSet)
  const workload = unfinished.find(
    ({ metadata }) => metadata.uid !== undefined && metadata.uid === deployment,
  )
  const [mine, newest] = [replicaSet, workload].map((object) =>
    textField(object, 'metadata', 'annotations', 'deployment.kubernetes.io/revision'),
  )
  return Boolean(mine && newest && mine !== newest)
}

function controllerOf(object: KubeObject): string | undefined {
  const owners = listField(object, 'metadata', 'ownerReferences')
  const owner = owners.find((each) => field(each, 'controller') === true)
  return textField(owner, 'uid') || undefined
}
