import { UpgradeError } from '../../errors.js'
import { textField, type KubeObject } from '../../model/kube-object.js'
import { formatRef, refKey, type ObjectRef } from '../../model/object-ref.js'
import type { Diagnosis } from '../../model/rollout.js'
import type { Step } from '../../model/step.js'
import { areReplaced, replacePods } from '../replace-pods.js'
import { journalProgress, type RunContext } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'
import { awaitRollout, readWorkloads } from '../watch-rollout.js'

/** What `kubectl rollout restart` sets. */
const restartedAt = 'kubectl.kubernetes.io/restartedAt'
/** Room that is missing for so long comes by nothing but a person, where nobody adds a node. */
const noRoomAfterMs = 20_000

/** Restarts workloads, each waited for before the next. A restart that was begun is not begun again. */
export const restartWorkloads: StepRunner = {
  async run(step, context) {
    if (step.type !== 'restart-workloads') return
    for (const workload of step.workloads) {
      const live = await context.ports.cluster.readObject(workload)
      if (!live) throw new UpgradeError('StepFailed', `${formatRef(workload)} is gone`, { remedy: '' })
      const deadline = context.ports.clock.now() + context.payload.timeoutMs
      if (step.way === 'delete-pods') await replacePods(live, step, context, deadline)
      else await beginRollout(live, step, context)
      await untilCurrent(workload, context, deadline)
    }
  },

  async probe(step, context) {
    if (step.type !== 'restart-workloads') return { state: 'not-done', message: '' }
    const { cluster } = context.ports
    const found = await Promise.all(step.workloads.map((workload) => cluster.readObject(workload)))
    const begun = await Promise.all(
      found.map(async (live) => {
        if (!live) return false
        return step.way === 'delete-pods' ? areReplaced(live, step, context) : isRestarted(live, step.at)
      }),
    )
    const statuses = await readWorkloads(step.workloads, cluster)
    const isDone = begun.every(Boolean) && statuses.every(({ rolloutStatus }) => rolloutStatus === 'Current')
    return isDone
      ? { state: 'done', message: 'restarted and rolled out' }
      : { state: 'not-done', message: statuses.map(({ message }) => message).join('; ') }
  },
}

/** The same annotation as kubectl's; a value that is there already changes nothing. */
async function beginRollout(
  live: KubeObject,
  step: Step & { type: 'restart-workloads' },
  context: RunContext,
): Promise<void> {
  if (isRestarted(live, step.at)) return
  const { apiVersion, kind, metadata } = live
  const { name, namespace = '' } = metadata
  await journalProgress(context, step, `restart ${kind} ${namespace}/${name}`)
  const applied = await context.ports.clusterWriter.apply({
    ...{ apiVersion, kind, metadata: { name, namespace } },
    spec: { template: { metadata: { annotations: { [restartedAt]: step.at } } } },
  })
  if (applied.ok) return
  throw new UpgradeError('StepFailed', `restart ${kind} ${namespace}/${name}: ${applied.refusal.message}`, {
    remedy: 'mend what the server names, then run the command again',
  })
}

function isRestarted(live: KubeObject, at: string): boolean {
  return textField(live, 'spec', 'template', 'metadata', 'annotations', restartedAt) === at
}

/** Waits for one workload, and no longer than there is hope: without room for a new pod none will start. */
async function untilCurrent(workload: ObjectRef, context: RunContext, deadline: number): Promise<void> {
  const { ports, interrupts, payload } = context
  const hopeless = new AbortController()
  let lackingSince: number | undefined
  const diagnose = async (): Promise<Diagnosis> => {
    const diagnosis = await context.diagnose()
    const now = ports.clock.now()
    lackingSince = lacksRoom(diagnosis, workload) ? (lackingSince ?? now) : undefined
    if (lackingSince !== undefined && now - lackingSince >= noRoomAfterMs) hopeless.abort()
    return diagnosis
  }
  const finishStep = AbortSignal.any([interrupts.finishStep, hopeless.signal])
  const watched = { ...context, diagnose, interrupts: { ...interrupts, finishStep } }
  const { done, statuses } = await awaitRollout([workload], watched, deadline)
  if (done) return
  const state = `${formatRef(workload)}: ${statuses.map(({ message }) => message).join('; ')}`
  if (hopeless.signal.aborted) {
    const { name, namespace } = payload.release
    const command = `{program} restart ${name} -n ${namespace} --control-plane --delete-pods`
    const message = `${state}; no node has room for a new pod beside the old one: let the old one go first: ${command}`
    throw new UpgradeError('StepFailed', message, { remedy: command })
  }
  const why = interrupts.finishStep.aborted
    ? 'interrupted while waiting'
    : `not rolled out after ${payload.timeoutMs / 1000} s`
  throw new UpgradeError('StepFailed', `${why}: ${state}`, { remedy: '' })
}

/** Insufficient CPU or memory; not where a cluster autoscaler is making room. */
function lacksRoom({ findings, stalledPods }: Diagnosis, workload: ObjectRef): boolean {
  if (stalledPods.some(({ lastEvent = '' }) => lastEvent.includes('TriggeredScaleUp'))) return false
  return findings.some(
    ({ code, object }) => code === 'MU701' && object && refKey(object) === refKey(workload),
  )
}
