import { allCurrent, missingWorkload, workloadStatus } from '../diagnose/workload-status.js'
import { formatRef, type ObjectRef } from '../model/object-ref.js'
import type { StalledPod, WorkloadStatus } from '../model/rollout.js'
import type { ClusterReader } from '../ports/cluster.js'
import type { RunContext } from './run-context.js'

const pollEveryMs = 1_000
/** Without any progress for this long, the person is shown what is not ready. */
const stallAfterMs = 15_000

/** Statuses of workloads, one request for each kind and namespace. */
export async function readWorkloads(
  workloads: readonly ObjectRef[],
  cluster: ClusterReader,
): Promise<WorkloadStatus[]> {
  const groups = new Map<string, ObjectRef>()
  for (const ref of workloads) groups.set(`${ref.apiVersion}/${ref.kind}/${ref.namespace ?? ''}`, ref)
  const lists = await Promise.all(
    [...groups.values()].map(({ apiVersion, kind, namespace }) =>
      cluster.listObjects(apiVersion, kind, namespace === undefined ? {} : { namespace }),
    ),
  )
  const found = new Map(lists.flat().map((object) => [workloadKey(object.kind, object.metadata), object]))
  return workloads.map((ref) => {
    const object = found.get(workloadKey(ref.kind, ref))
    return object ? workloadStatus(object) : missingWorkload(ref)
  })
}

/**
 * Follows workloads until `until` is aborted, telling every change and, when nothing moves, what is not
 * ready with its last event. Never throws: it only watches.
 */
export async function narrateRollout(
  workloads: readonly ObjectRef[],
  context: RunContext,
  until: AbortSignal,
): Promise<void> {
  const narrator = makeNarrator(context)
  while (!until.aborted) {
    const statuses = await readWorkloads(workloads, context.ports.cluster).catch(() => undefined)
    if (statuses && !until.aborted) await narrator(statuses)
    await context.ports.clock.sleep(pollEveryMs, until)
  }
}

/** Waits until all workloads are current; false where the deadline passed or the person interrupted. */
export async function awaitRollout(
  workloads: readonly ObjectRef[],
  context: RunContext,
  deadline: number,
): Promise<{ done: boolean; statuses: WorkloadStatus[] }> {
  const narrator = makeNarrator(context)
  for (;;) {
    const statuses = await readWorkloads(workloads, context.ports.cluster)
    if (allCurrent(statuses)) return { done: true, statuses }
    if (context.ports.clock.now() >= deadline || context.signal.aborted) return { done: false, statuses }
    await narrator(statuses)
    await context.ports.clock.sleep(pollEveryMs, context.signal)
  }
}

function makeNarrator(context: RunContext): (statuses: WorkloadStatus[]) => Promise<void> {
  const { progress, clock } = context.ports
  let last = ''
  let movedAt = clock.now()
  let lastStall = ''
  return async (statuses) => {
    const done = statuses.filter(({ rolloutStatus }) => rolloutStatus === 'Current').length
    const pending = statuses.filter(({ rolloutStatus }) => rolloutStatus !== 'Current')
    const message =
      pending.map(({ workload, message: text }) => `${workload.name}: ${text}`).join(', ') || 'all rolled out'
    if (message !== last) {
      last = message
      movedAt = clock.now()
      progress({ type: 'step-progress', message, done, total: statuses.length })
      return
    }
    if (pending.length === 0 || clock.now() - movedAt < stallAfterMs) return
    movedAt = clock.now()
    const { stalledPods } = await context.diagnose().catch(() => ({ stalledPods: [] as StalledPod[] }))
    const stall = stalledPods.map(stallLine).join('\n')
    if (stall !== '' && stall !== lastStall)
      for (const line of stall.split('\n')) progress({ type: 'note', message: line })
    lastStall = stall
  }
}

function stallLine({ pod, reason, message, lastEvent }: StalledPod): string {
  return `not ready: ${formatRef(pod)}: ${reason} ${message}${lastEvent ? ` (last event: ${lastEvent})` : ''}`.replace(
    /\s+/g,
    ' ',
  )
}

function workloadKey(kind: string, ref: { namespace?: string; name: string }): string {
  return `${kind}/${ref.namespace ?? ''}/${ref.name}`
}
