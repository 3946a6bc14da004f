import { field, listField, refOf, type KubeObject } from '../model/kube-object.js'
import type { StalledPod } from '../model/rollout.js'
import type { Json } from '../model/values.js'

/** Pods that are not ready, with the plainest reason that their status gives and their newest event. */
export function stalledPods(pods: readonly KubeObject[], events: readonly KubeObject[]): StalledPod[] {
  return pods.filter(isStalled).map((pod) => describe(pod, events))
}

function describe(pod: KubeObject, events: readonly KubeObject[]): StalledPod {
  const { reason, message } = reasonOf(pod)
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller)
  const last = newestEvent(pod, events)
  const stalled: StalledPod = { pod: refOf(pod), reason, message }
  if (owner)
    stalled.owner = {
      apiVersion: 'apps/v1',
      kind: owner.kind,
      name: owner.name,
      namespace: pod.metadata.namespace ?? '',
    }
  if (last) stalled.lastEvent = last
  return stalled
}

/** True for a pod that a rollout waits for. */
export function isStalled(pod: KubeObject): boolean {
  return !isReady(pod) && !isDone(pod)
}

/** True where the kubelet says that all of its containers are ready. */
export function isReady(pod: KubeObject): boolean {
  return listField(pod, 'status', 'conditions').some(
    (condition) => field(condition, 'type') === 'Ready' && field(condition, 'status') === 'True',
  )
}

function isDone(pod: KubeObject): boolean {
  return field(pod, 'status', 'phase') === 'Succeeded' || pod.metadata.deletionTimestamp !== undefined
}

function reasonOf(pod: KubeObject): { reason: string; message: string } {
  const containers = [
    ...listField(pod, 'status', 'initContainerStatuses'),
    ...listField(pod, 'status', 'containerStatuses'),
  ]
  for (const container of containers) {
    const waiting = field(container, 'state', 'waiting')
    const reason = text(field(waiting, 'reason'))
    if (reason && reason !== 'PodInitializing' && reason !== 'ContainerCreating') {
      return { reason, message: `${text(field(container, 'name'))}: ${text(field(waiting, 'message'))}` }
    }
  }
  const unscheduled = listField(pod, 'status', 'conditions').find(
    (condition) => field(condition, 'type') === 'PodScheduled' && field(condition, 'status') === 'False',
  )
  if (unscheduled)
    return { reason: text(field(unscheduled, 'reason')), message: text(field(unscheduled, 'message')) }
  const phase = text(field(pod, 'status', 'phase'))
  return {
    reason: text(field(pod, 'status', 'reason')) || phase || 'Unknown',
    message: text(field(pod, 'status', 'message')) || 'not ready',
  }
}

function newestEvent(pod: KubeObject, events: readonly KubeObject[]): string | undefined {
  const about = events.filter((event) => field(event, 'involvedObject', 'uid') === pod.metadata.uid)
  const newest = about.sort((left, right) => (eventTime(left) < eventTime(right) ? 1 : -1))[0]
  if (!newest) return undefined
  return `${text(field(newest, 'type'))} ${text(field(newest, 'reason'))}: ${text(field(newest, 'message'))}`
}

/** When an event was last seen; series of the new API leave lastTimestamp empty. */
function eventTime(event: KubeObject): string {
  const candidates = [
    field(event, 'series', 'lastObservedTime'),
    field(event, 'lastTimestamp'),
    field(event, 'eventTime'),
  ]
  return text(candidates.find((time) => typeof time === 'string')) || event.metadata.creationTimestamp || ''
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
