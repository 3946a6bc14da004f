import { allCurrent, missingWorkload, workloadStatus } from '../diagnose/workload-status.js'
import type { Finding } from '../model/finding.js'
import { formatRef, refKey, type ObjectRef } from '../model/object-ref.js'
import type { Diagnosis, StalledPod, WorkloadStatus } from '../model/rollout.js'
import type { ClusterReader } from '../ports/cluster.js'
import type { RunContext } from './run-context.js'

const pollEveryMs = 1_000
/** Without any progress for this long, and again after as long, it is asked what the cause is. */
const stallAfterMs = 5_000
/** After this long, pods are shown whose cause is not known. */
const longStallMs = 15_000

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
 * Follows workloads until `until` is aborted, telling every change and, when nothing moves, the cause and
 * its remedy. Never throws: it only watches.
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
    if (context.ports.clock.now() >= deadline || context.interrupts.finishStep.aborted)
      return { done: false, statuses }
    await narrator(statuses)
    await context.ports.clock.sleep(pollEveryMs, context.interrupts.finishStep)
  }
}

function makeNarrator(context: RunContext): (statuses: WorkloadStatus[]) => Promise<void> {
  const { progress, clock } = context.ports
  const told = new Set<string>()
  let last = ''
  let movedAt = clock.now()
  let askedAt = movedAt
  return async (statuses) => {
    const done = statuses.filter(({ rolloutStatus }) => rolloutStatus === 'Current').length
    const pending = statuses.filter(({ rolloutStatus }) => rolloutStatus !== 'Current')
    const message =
      pending.map(({ workload, message: text }) => `${workload.name}: ${text}`).join(', ') || 'all rolled out'
    if (message !== last) {
      last = message
      movedAt = askedAt = clock.now()
      progress({ type: 'step-progress', message, done, total: statuses.length })
      return
    }
    if (clock.now() - askedAt < stallAfterMs) return
    const isLong = clock.now() - movedAt >= longStallMs
    const diagnosis = await context.diagnose().catch(() => undefined)
    askedAt = clock.now()
    const notes = diagnosis ? stallNotes(diagnosis, isLong) : []
    for (const note of notes.filter(({ key }) => !told.has(key))) {
      told.add(note.key)
      for (const line of note.lines) progress({ type: 'note', message: line })
    }
  }
}

/** What is said once: causes as soon as they are plain, pods without a known cause after a longer stall. */
function stallNotes(
  { findings, stalledPods }: Diagnosis,
  isLong: boolean,
): { key: string; lines: string[] }[] {
  const causes = findings.filter(({ severity }) => severity === 'error')
  const explained = new Set(causes.flatMap(({ objects = [] }) => objects.map(refKey)))
  const others = isLong ? stalledPods.filter(({ pod }) => !explained.has(refKey(pod))) : []
  return [
    ...causes.map((cause) => ({ key: causeKey(cause), lines: causeLines(cause) })),
    ...others.map((stalled) => ({
      key: `${refKey(stalled.pod)} ${stalled.reason}`,
      lines: [stallLine(stalled)],
    })),
  ]
}

/** The same cause may come with other words (ages, counts) when it is asked for again. */
function causeKey({ code, object }: Finding): string {
  return `${code} ${object ? refKey(object) : ''}`
}

function causeLines({ code, message, evidence, remedy }: Finding): string[] {
  const [proof] = evidence
  return [
    `cause: ${code} ${message}`,
    ...(proof === undefined ? [] : [`  ${proof}`]),
    ...(remedy ? [`  → ${remedy.text}`, ...remedy.commands.map((command) => `    ${command}`)] : []),
  ]
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
