import { messageOf } from '../errors.js'
import type { KubeObject } from '../model/kube-object.js'
import { plainText, timeText } from '../model/plain-text.js'
import type { ReleaseName } from '../model/release.js'
import { recordRef } from '../model/run-record.js'
import type { ClusterReader, ClusterWriter } from '../ports/cluster.js'
import type { Clock, ProgressSink } from '../ports/outside.js'

/** What is told of a run as a core Event. */
export type RunEventReason =
  | 'MeshUpgradeStarted'
  | 'MeshUpgradeHopDone'
  | 'MeshUpgradeSucceeded'
  | 'MeshUpgradeFailed'
  | 'MeshUpgradeRolledBack'

export interface EventPorts {
  cluster: Pick<ClusterReader, 'readObject'>
  clusterWriter: Pick<ClusterWriter, 'create'>
  clock: Pick<Clock, 'now'>
  progress: ProgressSink
  redact: (text: string) => string
}

/** Tells events of one run; that one cannot be told is said once and is never a failure of the run. */
export type RunEvents = (reason: RunEventReason, message: string) => Promise<void>

/** Events of a release, about the run's ConfigMap where there is one and its namespace otherwise. */
export function runEvents(release: ReleaseName, ports: EventPorts): RunEvents {
  let isTold = false
  return async (reason, message) => {
    const failure = await emitRunEvent(release, { reason, message }, ports)
    if (failure === undefined || isTold) return
    isTold = true
    ports.progress({ type: 'note', message: `events of the run could not be written: ${failure}` })
  }
}

/** Writes one Event; the reason where that does not work. Never throws. */
export async function emitRunEvent(
  release: ReleaseName,
  event: { reason: RunEventReason; message: string },
  ports: EventPorts,
): Promise<string | undefined> {
  try {
    const record = await ports.cluster.readObject(recordRef(release)).catch(() => undefined)
    const told = { ...event, message: plainText(ports.redact(event.message), 1000) }
    const created = await ports.clusterWriter.create(eventObject(release, told, record, ports.clock.now()))
    return created.ok ? undefined : created.refusal.message
  } catch (error) {
    return messageOf(error)
  }
}

/** The Event. Pure. */
export function eventObject(
  release: ReleaseName,
  { reason, message }: { reason: RunEventReason; message: string },
  record: KubeObject | undefined,
  now: number,
): KubeObject {
  const { namespace } = release
  const { name, ...kind } = recordRef(release)
  const about = record?.metadata.uid
    ? { ...kind, name, uid: record.metadata.uid }
    : { apiVersion: 'v1', kind: 'Namespace', name: namespace, namespace }
  const at = timeText(now)
  const isBad = reason === 'MeshUpgradeFailed' || reason === 'MeshUpgradeRolledBack'
  return {
    apiVersion: 'v1',
    kind: 'Event',
    // Events of one kind within a millisecond are one event.
    metadata: { name: `${name}.${now.toString(16)}.${reason.toLowerCase()}`, namespace },
    involvedObject: about,
    ...{ reason, message, type: isBad ? 'Warning' : 'Normal' },
    ...{ firstTimestamp: at, lastTimestamp: at, count: 1 },
    source: { component: 'mesh-upgrade' },
    reportingComponent: 'mesh-upgrade',
  }
}
