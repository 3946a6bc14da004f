import type { KubeObject } from '../../model/kube-object.js'
import { formatRef, type ObjectRef } from '../../model/object-ref.js'
import type { Step } from '../../model/step.js'
import { journalProgress, type RunContext } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'
import { goBack } from './rollback-release.js'

/**
 * Looks once more when the newer version's pods are gone: until then they make their objects again, over what
 * helm made. Such an object goes, and helm makes those of its manifest anew.
 */
export const reclaimObjects: StepRunner = {
  async run(step, context) {
    if (step.type !== 'reclaim-objects') return
    const taken = await takenObjects(step, context)
    for (const { ref, uid } of taken) {
      await journalProgress(context, step, `delete ${formatRef(ref)}, which the newer version made again`)
      await context.ports.clusterWriter.delete(ref, uid)
    }
    // An object that is missing altogether is helm's to make, too: a run may have ended just here.
    if (taken.some(({ isHelms }) => isHelms) || (await hasMissing(step.objects, context))) {
      await journalProgress(context, step, `helm rollback once more, to revision ${step.toRevision}`)
      await goBack(step, context)
    }
  },

  async probe(step, context) {
    if (step.type !== 'reclaim-objects') return { state: 'not-done', message: '' }
    const taken = await takenObjects(step, context)
    const isDone = taken.length === 0 && !(await hasMissing(step.objects, context))
    return isDone
      ? { state: 'done', message: "they are helm's, or gone" }
      : { state: 'not-done', message: 'the newer version made some of them again' }
  },
}

async function takenObjects(
  { objects, gone }: Extract<Step, { type: 'reclaim-objects' }>,
  { ports, payload: { release } }: RunContext,
): Promise<{ ref: ObjectRef; uid: string; isHelms: boolean }[]> {
  const isOurs = ({ metadata: { annotations = {} } }: KubeObject): boolean =>
    annotations['meta.helm.sh/release-name'] === release.name
  const look = async (
    ref: ObjectRef,
    isHelms: boolean,
  ): Promise<{ ref: ObjectRef; uid: string; isHelms: boolean }[]> => {
    const live = await ports.cluster.readObject(ref)
    if (!live || (isHelms && isOurs(live) && isManaged(live))) return []
    return [{ ref, uid: live.metadata.uid ?? '', isHelms }]
  }
  const found = await Promise.all([
    ...objects.map((ref) => look(ref, true)),
    ...gone.map((ref) => look(ref, false)),
  ])
  return found.flat()
}

/** helm sets the label on whatever it deploys; who writes the object over loses it. */
function isManaged({ metadata }: KubeObject): boolean {
  return metadata.labels?.['app.kubernetes.io/managed-by'] === 'Helm'
}

async function hasMissing(objects: readonly ObjectRef[], { ports }: RunContext): Promise<boolean> {
  const found = await Promise.all(objects.map((ref) => ports.cluster.readObject(ref)))
  return found.includes(undefined)
}
