import { UpgradeError } from '../../errors.js'
import { listField, textField, type KubeObject } from '../../model/kube-object.js'
import { formatRef, refKey, type ObjectRef } from '../../model/object-ref.js'
import type { RecreatedObject, Step } from '../../model/step.js'
import { orphansOf, podsLeft } from '../orphans.js'
import { journalProgress, type RunContext } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'

const pollEveryMs = 200
const controllers = ['Deployment', 'DaemonSet', 'ReplicaSet', 'StatefulSet']

/**
 * Deletes objects whose change the API server would refuse, of each only the one that was planned for; helm makes
 * them again. Pods of a controller go on meanwhile, and volumes are left alone: a deletion never cascades from one.
 */
export const recreateObjects: StepRunner = {
  async run(step, context) {
    for (const object of objectsOf(step)) {
      const live = await liveOne(object, context)
      if (live) {
        const { uid = '' } = live.metadata
        await journalProgress(context, step, `delete ${formatRef(object)}`, { uid })
        context.ports.progress({ type: 'step-progress', message: `delete ${formatRef(object)}` })
        const way = controllers.includes(object.kind) ? 'Orphan' : 'Background'
        await context.ports.clusterWriter.delete(object, uid, undefined, way)
        await awaitGone(object, uid, context)
      }
      if (object.pods === 'go') await removeAll(object, step, context)
    }
  },

  // helm may have made it again: only the uid tells.
  async probe(step, context) {
    const live = await Promise.all(objectsOf(step).map((object) => liveOne(object, context)))
    const left = objectsOf(step).filter((_object, index) => live[index] !== undefined)
    return left.length === 0
      ? { state: 'done', message: 'the objects of before are gone' }
      : { state: 'not-done', message: `${left.map(formatRef).join(', ')}: still there` }
  },
}

/** Deletes what no successor took over, and waits until its pods are gone. */
export const removeOrphans: StepRunner = {
  async run(step, context) {
    for (const object of step.type === 'remove-orphans' ? step.objects : [])
      await removeAll(object, step, context)
  },
  probe: async () => ({ state: 'not-done', message: 'looks again' }),
}

function objectsOf(step: Step): RecreatedObject[] {
  return step.type === 'recreate-objects' ? step.objects : []
}

/** The object that was planned for, where it is still that one. */
async function liveOne(
  object: RecreatedObject,
  { ports, payload }: RunContext,
): Promise<KubeObject | undefined> {
  const live = await ports.cluster.readObject(object)
  const meant = object.uid ?? payload.recreatedUids?.[refKey(object)]
  return live && live.metadata.uid === meant ? live : undefined
}

async function awaitGone(object: ObjectRef, uid: string, context: RunContext): Promise<void> {
  await awaitTrue(context, async () => {
    const live = await context.ports.cluster.readObject(object)
    if (live?.metadata.uid !== uid) return ''
    const holders = listField(live, 'metadata', 'finalizers').map(String)
    const why = holders.length > 0 ? `: it has the finalizer ${holders.join(', ')}` : ''
    return `${formatRef(object)} is still being deleted${why}`
  })
}

async function removeAll(object: ObjectRef, step: Step, context: RunContext): Promise<void> {
  const { cluster, clusterWriter } = context.ports
  const orphans = await orphansOf(object, cluster)
  for (const orphan of orphans) {
    const ref = { ...object, apiVersion: orphan.apiVersion, kind: orphan.kind, name: orphan.metadata.name }
    await journalProgress(context, step, `delete ${formatRef(ref)}, which nothing owns any more`)
    await clusterWriter.delete(ref, textField(orphan, 'metadata', 'uid'))
  }
  await awaitTrue(context, async () => {
    const left = await podsLeft(orphans, cluster)
    return left.length === 0 ? '' : `${left.length} old pods of ${formatRef(object)} are still ending`
  })
}

/** Waits until there is nothing to wait for. Throws `StepFailed` with what there is. */
async function awaitTrue(
  { ports, payload, interrupts }: RunContext,
  look: () => Promise<string>,
): Promise<void> {
  const deadline = ports.clock.now() + payload.timeoutMs
  for (;;) {
    const open = await look()
    if (open === '') return
    if (ports.clock.now() >= deadline || interrupts.stopNow.aborted) {
      throw new UpgradeError('StepFailed', open, {
        remedy: 'see to what holds it, then go on with {program} resume, or go back with {program} rollback',
      })
    }
    ports.progress({ type: 'step-progress', message: open })
    await ports.clock.sleep(pollEveryMs, interrupts.stopNow)
  }
}
