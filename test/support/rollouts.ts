/** Pods of a release of Open Service Mesh, as the API server shows them when they fail. */
import { podFacts } from '../../src/diagnose/pod-facts.js'
import type { ContainerLog, RolloutFacts } from '../../src/diagnose/rollout-facts.js'
import { workloadStatus } from '../../src/diagnose/workload-status.js'
import type { KubeObject } from '../../src/model/kube-object.js'
import { aDeployment } from './builders.js'

export const now = Date.parse('2026-01-01T01:00:00Z')
const longAgo = '2026-01-01T00:30:00Z'

export interface PodWishes {
  spec?: object
  status?: object
  labels?: Record<string, string>
  ownerReferences?: object[]
}

/** A pod of the Deployment `app`; not ready unless its status says so. */
export function aPod(
  app: string,
  { spec = {}, status = {}, labels = {}, ownerReferences }: PodWishes,
): KubeObject {
  const metadata = {
    ...{ name: `${app}-abc`, namespace: 'osm-system', uid: `uid-${app}`, labels: { app, ...labels } },
    ...(ownerReferences ? { ownerReferences } : {}),
  }
  return {
    ...{ apiVersion: 'v1', kind: 'Pod' },
    metadata: metadata as KubeObject['metadata'],
    spec: { nodeName: 'node-1', ...spec },
    status,
  }
}

/** Status of a container named like the program, whose image is of version 0.10.0. */
export function aContainer(name: string, changes: object): object {
  return {
    name,
    image: `openservicemesh/${name}:v0.10.0`,
    ready: false,
    restartCount: 0,
    state: {},
    ...changes,
  }
}

export const crashed = (exitCode: number, reason = 'Error', message = ''): object => ({
  restartCount: 3,
  state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container' } },
  lastState: { terminated: { exitCode, reason, message } },
})

export const waiting = (reason: string, message = ''): object => ({ state: { waiting: { reason, message } } })

export const running = (startedAt = longAgo): object => ({ state: { running: { startedAt } } })

/** An event about the pod of `app`. */
export function anEvent(app: string, reason: string, message: string): KubeObject {
  const involvedObject = { kind: 'Pod', name: `${app}-abc`, uid: `uid-${app}` }
  return { apiVersion: 'v1', kind: 'Event', metadata: { name: 'e' }, involvedObject, reason, message }
}

export interface RolloutWishes {
  pods?: KubeObject[]
  events?: KubeObject[]
  nodes?: KubeObject[]
  /** By program. */
  logs?: Record<string, string>
  crds?: RolloutFacts['crds']
  jobs?: KubeObject[]
  replicaSets?: KubeObject[]
  chartDefaults?: RolloutFacts['release']['chartDefaults']
}

/** The rollout of chart 0.10.0, none of whose workloads is available yet. */
export function aRollout(wishes: RolloutWishes): RolloutFacts {
  const { pods = [], events = [], nodes = [], logs = {}, jobs = [], replicaSets = [] } = wishes
  const unfinished = ['osm-bootstrap', 'osm-controller', 'osm-injector'].map((name) => {
    const deployment = aDeployment(name, { availableReplicas: 0 })
    deployment.metadata.uid = `uid-deployment-${name}`
    deployment.metadata.annotations = { 'deployment.kubernetes.io/revision': '2' }
    return deployment
  })
  const toLog = ([name, text]: [string, string]): ContainerLog => ({
    pod: { apiVersion: 'v1', kind: 'Pod', namespace: 'osm-system', name: `${name}-abc` },
    ...{ container: name, previous: false, text },
  })
  return {
    release: {
      ...{ name: 'osm', namespace: 'osm-system', chartName: 'osm', chartVersion: '0.10.0' },
      ...{ appVersion: 'v0.10.0', chartDefaults: wishes.chartDefaults ?? {} },
    },
    now,
    workloads: unfinished.map(workloadStatus),
    ...podFacts({ unfinished, hookJobs: jobs, pods, replicaSets, events }),
    logs: Object.entries(logs).map(toLog),
    crds: wishes.crds ?? [],
    nodes,
  }
}
