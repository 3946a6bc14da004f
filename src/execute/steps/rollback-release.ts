import { UpgradeError } from '../../errors.js'
import { formatRef, type ObjectRef } from '../../model/object-ref.js'
import type { ReleaseSnapshot } from '../../model/release.js'
import type { Step } from '../../model/step.js'
import { isTaken, readLiveObjects, type LiveObject } from '../live-objects.js'
import { settlePending } from '../mend-pending.js'
import { settleHelm, tellHelm } from '../tell-helm.js'
import { journalProgress, type RunContext } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'

/** Runs `helm rollback` to the revision of before. */
export const rollbackRelease: StepRunner = {
  async run(step, context) {
    if (step.type !== 'rollback-release') return
    await settleHelm(context.files.folder, context.payload.timeoutMs, context)
    const newest = await settlePending({ name: step.release, namespace: step.namespace }, context)
    // It may have been planned while a helm worked that then came to nothing.
    if (newest && isBack(newest, step)) return
    await goBack(step, step.contested ?? [], context)
  },

  // helm rollback writes a new revision; only its own description names where it went back to.
  async probe(step, context) {
    if (step.type !== 'rollback-release') return { state: 'not-done', message: '' }
    await settleHelm(context.files.folder, context.payload.timeoutMs, context)
    const newest = await settlePending({ name: step.release, namespace: step.namespace }, context)
    if (!newest) throw new UpgradeError('PlanStale', `release ${step.release} is gone`)
    const { releaseRevision, releaseStatus, chartVersion } = newest
    const message = `the release is at revision ${releaseRevision} (${releaseStatus}, chart ${chartVersion})`
    return { state: isBack(newest, step) ? 'done' : 'not-done', message }
  },
}

type Back = Extract<Step, { type: 'rollback-release' | 'reclaim-objects' }>
const mostAttempts = 5

/**
 * `helm rollback`, again where it fails because pods of the newer version have meanwhile made `contested` objects:
 * helm 4 meets conflicts with them, helm 3 does not know them. Throws `StepFailed` with helm's own words.
 */
export async function goBack(
  step: Back,
  contested: readonly ObjectRef[],
  context: RunContext,
): Promise<void> {
  const { ports, payload, interrupts } = context
  for (let attempt = 1; ; attempt++) {
    try {
      return await helmRollback(step, context)
    } catch (error) {
      if (attempt === mostAttempts || interrupts.finishStep.aborted) throw error
      const live = await readLiveObjects(contested, ports)
      const taken = live.filter((each) => isTaken(each, payload.release))
      if (taken.length === 0) throw error
      await deleteMadeAgain(taken, step, context)
    }
  }
}

/** Deletes what pods of the newer version made again, each as it was seen. */
export async function deleteMadeAgain(
  objects: readonly LiveObject[],
  step: Step,
  context: RunContext,
): Promise<void> {
  for (const { ref, live } of objects) {
    await journalProgress(context, step, `delete ${formatRef(ref)}, which the newer version made again`)
    await context.ports.clusterWriter.delete(ref, live?.metadata.uid ?? '')
  }
}

async function helmRollback(
  { release, namespace, toRevision }: Back,
  { ports, files, payload, interrupts }: RunContext,
): Promise<void> {
  const outcome = await ports.helmWriter.rollback(
    {
      ...{ releaseName: release, namespace, toRevision },
      ...{ timeoutMs: payload.timeoutMs, extraArguments: [], logFolder: files.folder },
    },
    tellHelm(ports),
    interrupts.stopNow,
  )
  if (outcome.succeeded) return
  throw new UpgradeError('StepFailed', outcome.message, { remedy: `see ${files.folder}` })
}

function isBack(
  { releaseRevision, releaseStatus, description }: ReleaseSnapshot,
  { toRevision }: Extract<Step, { type: 'rollback-release' }>,
): boolean {
  const isThat = releaseRevision === toRevision || description === `Rollback to ${toRevision}`
  return isThat && releaseStatus === 'deployed'
}
