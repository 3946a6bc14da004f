import { isAtWork, podsOf } from '../diagnose/workload-pods.js'
import { UpgradeError } from '../errors.js'
import { field, refOf, textField, type KubeObject } from '../model/kube-object.js'
import { formatRef } from '../model/object-ref.js'
import type { Step } from '../model/step.js'
import { journalProgress, type RunContext } from './run-context.js'

const pollEveryMs = 500
/** A budget that says no while all pods are at work will not say yes by waiting. */
const budgetPatienceMs = 15_000

/**
 * Replaces the pods of a workload one by one: evicts one, as `kubectl drain` does, and waits until its replacement is
 * ready. Which pods are meant is in the journal, so that a second run leaves the new ones alone. Throws `StepFailed`.
 */
export async function replacePods(
  workload: KubeObject,
  step: Step,
  context: RunContext,
  deadline: number,
): Promise<void> {
  const old = await podsToReplace(workload, step, context)
  for (const [index, uid] of old.entries()) {
    const pod = (await readPods(workload, context)).find(({ metadata }) => metadata.uid === uid)
    if (!pod) continue
    const progress = { done: index, total: old.length }
    await context.assertHeld()
    await journalProgress(context, step, `evict pod ${pod.metadata.name}`)
    await evict(workload, pod, context, deadline)
    await untilReplaced(workload, { uid, progress }, context, deadline)
  }
}

/** True where the journal names the pods of a restart and none of them is left. */
export async function areReplaced(workload: KubeObject, step: Step, context: RunContext): Promise<boolean> {
  const named = await namedPods(workload, step, context)
  if (!named) return false
  const pods = await readPods(workload, context)
  return !pods.some(({ metadata }) => named.includes(metadata.uid ?? ''))
}

/** Uids; those that an earlier try of this step named, where there was one. */
async function podsToReplace(workload: KubeObject, step: Step, context: RunContext): Promise<string[]> {
  const named = await namedPods(workload, step, context)
  if (named) return named
  // A pod without a node has nothing to restart: it waits for the room that the others leave.
  const pods = (await readPods(workload, context)).filter((pod) => textField(pod, 'spec', 'nodeName') !== '')
  // Those that do no work go first: they cost nothing.
  pods.sort((left, right) => Number(isAtWork(left)) - Number(isAtWork(right)))
  const uids = pods.flatMap(({ metadata }) => metadata.uid ?? [])
  const names = pods.map(({ metadata }) => metadata.name).join(', ')
  await journalProgress(context, step, `replace ${names}`, { workload: workload.metadata.uid, pods: uids })
  return uids
}

async function namedPods(
  { metadata: { uid } }: KubeObject,
  step: Step,
  { store, part }: RunContext,
): Promise<string[] | undefined> {
  const entries = await store.readJournal()
  const found = entries.find(
    (entry) => entry.part === part && entry.stepId === step.id && entry.evidence?.workload === uid,
  )
  const pods = found?.evidence?.pods
  return Array.isArray(pods) ? pods.map(String) : undefined
}

async function evict(
  workload: KubeObject,
  pod: KubeObject,
  context: RunContext,
  deadline: number,
): Promise<void> {
  const { clusterWriter, clock, progress } = context.ports
  const { name, uid = '' } = pod.metadata
  let refusedSince: number | undefined
  for (;;) {
    const eviction = await clusterWriter.evict(refOf(pod), uid)
    if (eviction.result !== 'later') return
    const now = clock.now()
    const isMoving = (await readPods(workload, context)).some((each) => !isAtWork(each))
    refusedSince = isMoving ? undefined : (refusedSince ?? now)
    const isHopeless = now - (refusedSince ?? now) >= budgetPatienceMs
    if (isHopeless || now >= deadline || context.interrupts.finishStep.aborted) {
      const where = pod.metadata.namespace ?? ''
      const message = `pod ${name} may not go: ${eviction.why} (kubectl get poddisruptionbudgets -n ${where}); restart without --delete-pods, which starts the new pod first`
      throw new UpgradeError('StepFailed', message, { remedy: '' })
    }
    progress({ type: 'step-progress', message: `pod ${name}: ${eviction.why}` })
    await clock.sleep(2 * pollEveryMs, context.interrupts.finishStep)
  }
}

/** Counted from the pods themselves: the status of the workload lags behind. */
async function untilReplaced(
  workload: KubeObject,
  { uid, progress }: { uid: string; progress: { done: number; total: number } },
  context: RunContext,
  deadline: number,
): Promise<void> {
  const { clock, progress: tell } = context.ports
  const { finishStep } = context.interrupts
  for (;;) {
    const pods = await readPods(workload, context)
    const isThere = pods.some(({ metadata }) => metadata.uid === uid)
    const ready = pods.filter((pod) => isAtWork(pod) && pod.metadata.uid !== uid).length
    const wanted = wantedPods(workload)
    if (!isThere && ready >= wanted) return
    const state = `${formatRef(refOf(workload))}: ${ready} of ${wanted} pods ready`
    if (clock.now() >= deadline || finishStep.aborted) {
      const why = finishStep.aborted
        ? 'interrupted while waiting'
        : `after ${context.payload.timeoutMs / 1000} s`
      throw new UpgradeError('StepFailed', `${why}: ${state}`, { remedy: '' })
    }
    tell({ type: 'step-progress', message: state, ...progress })
    await clock.sleep(pollEveryMs, finishStep)
  }
}

function wantedPods(workload: KubeObject): number {
  const counted =
    workload.kind === 'DaemonSet'
      ? field(workload, 'status', 'desiredNumberScheduled')
      : field(workload, 'spec', 'replicas')
  return typeof counted === 'number' ? counted : 1
}

async function readPods(workload: KubeObject, { ports: { cluster } }: RunContext): Promise<KubeObject[]> {
  const { namespace = '' } = workload.metadata
  const [pods, replicaSets] = await Promise.all([
    cluster.listObjects('v1', 'Pod', { namespace }),
    workload.kind === 'Deployment'
      ? cluster.listObjects('apps/v1', 'ReplicaSet', { namespace, metadataOnly: true })
      : [],
  ])
  return podsOf(workload, pods, replicaSets)
}
