import { field, listField, textField, type KubeObject } from '../model/kube-object.js'
import type { ReadPorts } from '../ports/ports.js'
import type { StartedJob } from './run-in-cluster.js'

/** How an in-cluster run ended, as far as it was followed. */
export interface FollowedJob {
  state: 'succeeded' | 'failed' | 'running' | 'gone'
  /** Of the program, where its pod still tells. */
  exitCode?: number
  /** The Job's own word, where it failed. */
  reason?: string
}

const pollEveryMs = 1_000
const logLimits = { previous: false, tailLines: 100_000, limitBytes: 8 << 20, timeoutMs: 10_000 }

/** Follows the log of each of a Job's pods until the Job is over or `until` is aborted. */
export async function followJob(
  { namespace, name }: StartedJob,
  onLine: (line: string) => void,
  ports: Pick<ReadPorts, 'cluster' | 'clock'>,
  until: AbortSignal,
): Promise<FollowedJob> {
  const told = new Map<string, number>()
  const known = new Set<string>()
  for (;;) {
    const job = await ports.cluster.readObject({ apiVersion: 'batch/v1', kind: 'Job', namespace, name })
    const labelSelector = `batch.kubernetes.io/job-name=${name}`
    const pods = await ports.cluster.listObjects('v1', 'Pod', { namespace, labelSelector })
    pods.sort((left, right) => (created(left) < created(right) ? -1 : 1))
    for (const pod of pods) await tellLog(pod, told, onLine, ports)
    if (!job) return { state: 'gone' }
    const over = stateOf(job, pods)
    if (over.state !== 'running' || until.aborted) return over
    for (const line of await troubles(job, pods, ports)) {
      if (!known.has(line)) onLine(line)
      known.add(line)
    }
    await ports.clock.sleep(pollEveryMs, until)
  }
}

async function tellLog(
  pod: KubeObject,
  told: Map<string, number>,
  onLine: (line: string) => void,
  { cluster }: Pick<ReadPorts, 'cluster'>,
): Promise<void> {
  const { name, namespace = '', uid = '' } = pod.metadata
  const container = textField(pod, 'spec', 'containers', 0, 'name')
  const ref = { apiVersion: 'v1', kind: 'Pod', namespace, name }
  // A log that cannot be read now may be readable the next time; the run does not depend on it.
  const text = await cluster.readLogs(ref, container, logLimits).catch(() => '')
  const lines = text.split('\n').slice(0, -1)
  for (const line of lines.slice(told.get(uid) ?? 0)) onLine(line)
  told.set(uid, Math.max(told.get(uid) ?? 0, lines.length))
}

/** Why there is no pod, or why its container does not start; nothing else would say so. Never throws. */
async function troubles(
  { metadata: { name, namespace = '', uid = '' } }: KubeObject,
  pods: readonly KubeObject[],
  { cluster }: Pick<ReadPorts, 'cluster'>,
): Promise<string[]> {
  const waiting = pods.flatMap((pod) => {
    const state = field(pod, 'status', 'containerStatuses', 0, 'state', 'waiting')
    const [reason, message] = [textField(state, 'reason'), textField(state, 'message')]
    const isStarting = reason === '' || reason === 'ContainerCreating' || reason === 'PodInitializing'
    return isStarting ? [] : [`pod ${pod.metadata.name} waits: ${reason} ${message}`.trim()]
  })
  if (pods.length > 0) return waiting
  const fieldSelector = `involvedObject.uid=${uid},type=Warning`
  const events = await cluster.listObjects('v1', 'Event', { namespace, fieldSelector }).catch(() => [])
  return events.map(
    (event) => `Job ${name} has no pod: ${textField(event, 'reason')} ${textField(event, 'message')}`,
  )
}

function stateOf(job: KubeObject, pods: readonly KubeObject[]): FollowedJob {
  const condition = (type: string): unknown =>
    listField(job, 'status', 'conditions').find(
      (each) => field(each, 'type') === type && field(each, 'status') === 'True',
    )
  const failed = condition('Failed')
  const isOver = condition('Complete') !== undefined || failed !== undefined
  if (!isOver) return { state: 'running' }
  const exitCode = field(pods.at(-1), 'status', 'containerStatuses', 0, 'state', 'terminated', 'exitCode')
  return {
    state: failed === undefined ? 'succeeded' : 'failed',
    ...(typeof exitCode === 'number' ? { exitCode } : {}),
    ...(failed === undefined ? {} : { reason: textField(failed, 'message') }),
  }
}

function created({ metadata }: KubeObject): string {
  return metadata.creationTimestamp ?? ''
}
