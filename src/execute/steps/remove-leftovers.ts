import type { KubeObject } from '../../model/kube-object.js'
import { formatRef, type ObjectRef } from '../../model/object-ref.js'
import type { Step } from '../../model/step.js'
import { readLiveObjects } from '../live-objects.js'
import { journalProgress, type RunContext } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'

/**
 * Deletes objects that only the newer version has, where helm left them: a rollback that fails halfway is a
 * revision of its own, whose manifest no longer names them. What is not of this release stays.
 */
export const removeLeftovers: StepRunner = {
  async run(step, context) {
    for (const { ref, uid } of await leftovers(step, context)) {
      await journalProgress(context, step, `delete ${formatRef(ref)}, which only the newer version has`)
      await context.ports.clusterWriter.delete(ref, uid)
    }
  },

  async probe(step, context) {
    const found = await leftovers(step, context)
    return found.length === 0
      ? { state: 'done', message: 'nothing of the newer version is left' }
      : { state: 'not-done', message: `${found.map(({ ref }) => formatRef(ref)).join(', ')}: still there` }
  },
}

async function leftovers(
  step: Step,
  { ports, payload: { release } }: RunContext,
): Promise<{ ref: ObjectRef; uid: string }[]> {
  const objects = step.type === 'remove-leftovers' ? step.objects : []
  const read = await readLiveObjects(objects, ports)
  const isOurs = (live: KubeObject): boolean => {
    const { annotations = {} } = live.metadata
    // helm names the release in what it deploys, not in its hooks.
    return (
      annotations['helm.sh/hook'] !== undefined ||
      (annotations['meta.helm.sh/release-name'] === release.name &&
        annotations['meta.helm.sh/release-namespace'] === release.namespace)
    )
  }
  return read.flatMap(({ ref, live }) =>
    live && isOurs(live) && live.metadata.deletionTimestamp === undefined
      ? [{ ref, uid: live.metadata.uid ?? '' }]
      : [],
  )
}
