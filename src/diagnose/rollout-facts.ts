import type { LiveCrd } from '../model/crd.js'
import type { Finding } from '../model/finding.js'
import type { KubeObject } from '../model/kube-object.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { WorkloadStatus } from '../model/rollout.js'
import type { Values } from '../model/values.js'
import type { ContainerFacts } from './containers.js'

/** The release whose rollout it is; versions are those that are being rolled out. */
export interface ReleaseFacts {
  name: string
  namespace: string
  chartName: string
  chartVersion: string
  appVersion: string
  chartDefaults: Values
  /** Where the chart is, if that is a folder or archive: commands have to name it. */
  chartPath?: string
}

/** A pod of the release: of a workload's newest revision, or of a hook's Job. */
export interface PodFacts {
  ref: ObjectRef
  object: KubeObject
  /** The Deployment, StatefulSet, DaemonSet or Job that it belongs to. */
  workload: ObjectRef
  containers: ContainerFacts[]
  /** Events about this very pod, newest first. */
  events: KubeObject[]
}

/** The end of one container's log, secrets hidden. */
export interface ContainerLog {
  pod: ObjectRef
  container: string
  /** Of the container before the restart. */
  previous: boolean
  text: string
}

/** Everything that rules may look at. */
export interface RolloutFacts {
  release: ReleaseFacts
  /** Milliseconds since 1970. */
  now: number
  workloads: readonly WorkloadStatus[]
  /** Pods that are not ready. */
  stalled: readonly PodFacts[]
  /** Ready pods of the same workloads, of any revision: they hold what the stalled ones lack. */
  ready: readonly PodFacts[]
  logs: readonly ContainerLog[]
  /** The CRDs that logs name, as they are; undefined where they could not be read. */
  crds?: readonly Pick<LiveCrd, 'name' | 'object'>[]
  /** Read only where a pod fits on no node. */
  nodes: readonly KubeObject[]
}

/** Finds one cause; total: any facts give findings, never an exception. */
export type RolloutRule = (facts: RolloutFacts) => Finding[]
