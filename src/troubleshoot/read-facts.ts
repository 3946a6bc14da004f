import { isCrashing, mayExplain, type ContainerFacts } from '../diagnose/containers.js'
import { isOpenHook } from '../diagnose/pod-facts.js'
import type { ContainerLog, PodFacts, RolloutFacts } from '../diagnose/rollout-facts.js'
import { crdsInLogs } from '../diagnose/rules/crds-out-of-step.js'
import { schedulerWords } from '../diagnose/scheduling.js'
import { messageOf } from '../errors.js'
import { textField, type KubeObject } from '../model/kube-object.js'
import { refKey, type ObjectRef } from '../model/object-ref.js'
import { hideCredentials } from '../model/redaction.js'
import type { ReadPorts } from '../ports/ports.js'

const logLimits = { tailLines: 100, limitBytes: 64 * 1024, timeoutMs: 3_000 }
/** Pods of one workload run the same program: a few of them tell what all would. */
const podsWithLogs = 3

export type FactPorts = Pick<ReadPorts, 'cluster' | 'clock' | 'redact'>

/** What could not be read, one line each. */
export type Unread = string[]

/** Objects by `refKey`, one request for each kind and namespace. Throws `ApiFailure`. */
export async function readWorkloads(
  workloads: readonly ObjectRef[],
  { cluster }: FactPorts,
): Promise<Map<string, KubeObject>> {
  const groups = new Map(
    workloads.map((ref) => [`${ref.apiVersion}/${ref.kind}/${ref.namespace ?? ''}`, ref]),
  )
  const lists = await Promise.all(
    [...groups.values()].map(({ apiVersion, kind, namespace }) =>
      cluster.listObjects(apiVersion, kind, namespace === undefined ? {} : { namespace }),
    ),
  )
  const keyOf = ({ apiVersion, kind, metadata }: KubeObject): string =>
    refKey({ apiVersion, kind, name: metadata.name, namespace: metadata.namespace ?? '' })
  return new Map(lists.flat().map((object) => [keyOf(object), object]))
}

/** Events with secrets hidden, newest first; none where they cannot be read. */
export async function readEvents(
  namespaces: readonly string[],
  ports: FactPorts,
  unread: Unread,
): Promise<KubeObject[]> {
  const events = await eachNamespace(namespaces, (namespace) =>
    orNothing('events', ports.cluster.listEvents(namespace), unread),
  )
  return events.map((event) => ({ ...event, message: cleanText(textField(event, 'message'), ports) }))
}

/** ReplicaSets, their metadata alone: which revision a pod is of. */
export function readReplicaSets(
  namespaces: readonly string[],
  { cluster }: FactPorts,
  unread: Unread,
): Promise<KubeObject[]> {
  return eachNamespace(namespaces, (namespace) => {
    const sets = cluster.listObjects('apps/v1', 'ReplicaSet', { namespace, metadataOnly: true })
    return orNothing('ReplicaSets', sets, unread)
  })
}

/** Jobs that helm runs as hooks of an upgrade and that are not complete. */
export async function readHookJobs(
  namespace: string,
  { cluster }: FactPorts,
  unread: Unread,
): Promise<KubeObject[]> {
  const jobs = cluster.listObjects('batch/v1', 'Job', { namespace })
  return (await orNothing('Jobs', jobs, unread)).filter(isOpenHook)
}

/** What only some failures need: logs of what fails, the CRDs that they name, the nodes where a pod fits on none. */
export async function readDetails(
  facts: Omit<RolloutFacts, 'logs' | 'crds' | 'nodes'>,
  ports: FactPorts,
  unread: Unread,
): Promise<RolloutFacts> {
  const { cluster } = ports
  const needsNodes = facts.stalled.some((pod) => schedulerWords(pod) !== '')
  const [logs, nodes] = await Promise.all([
    readLogs(facts.stalled, ports, unread),
    needsNodes ? orNothing('nodes', cluster.listObjects('v1', 'Node'), unread) : [],
  ])
  const names = crdsInLogs({ stalled: facts.stalled, logs })
  const before = unread.length
  const crds = names.length > 0 ? await orNothing('CRDs', cluster.readCrds(names), unread) : []
  return { ...facts, logs, nodes, ...(unread.length === before ? { crds } : {}) }
}

/** The ends of the logs of containers that restart, fail or never become ready; all at once. */
async function readLogs(
  pods: readonly PodFacts[],
  ports: FactPorts,
  unread: Unread,
): Promise<ContainerLog[]> {
  const wishes = fewOfEach(pods).flatMap((pod) =>
    pod.containers
      .filter(mayExplain)
      .flatMap((container) =>
        instancesOf(container).map((previous) => ({ pod, container: container.name, previous })),
      ),
  )
  const logs = await Promise.all(
    wishes.map(async ({ pod, container, previous }): Promise<ContainerLog[]> => {
      try {
        const text = await ports.cluster.readLogs(pod.ref, container, { ...logLimits, previous })
        return [{ pod: pod.ref, container, previous, text: cleanText(text, ports) }]
      } catch (error) {
        unread.push(`log of ${pod.ref.name}, ${container}: ${messageOf(error)}`)
        return []
      }
    }),
  )
  return logs.flat()
}

/** Whether the log of the container before is asked for: the kubelet gives that of the last one while there is none. */
function instancesOf(container: ContainerFacts): boolean[] {
  return isCrashing(container) && container.runningSince !== undefined ? [true, false] : [false]
}

function fewOfEach(pods: readonly PodFacts[]): PodFacts[] {
  const seen = new Map<string, number>()
  return pods.filter(({ workload, containers }) => {
    if (!containers.some(mayExplain)) return false
    const count = (seen.get(refKey(workload)) ?? 0) + 1
    seen.set(refKey(workload), count)
    return count <= podsWithLogs
  })
}

/** A text without secrets. */
export function cleanText(text: string, { redact }: Pick<ReadPorts, 'redact'>): string {
  return hideCredentials(redact(text))
}

async function eachNamespace<Item>(
  namespaces: readonly string[],
  read: (namespace: string) => Promise<Item[]>,
): Promise<Item[]> {
  return (await Promise.all(namespaces.map(read))).flat()
}

async function orNothing<Item>(what: string, reading: Promise<Item[]>, unread: Unread): Promise<Item[]> {
  return reading.catch((error: unknown) => {
    unread.push(`${what}: ${messageOf(error)}`)
    return []
  })
}
