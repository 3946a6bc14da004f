import { UpgradeError } from '../../errors.js'
import type { ReleaseSnapshot } from '../../model/release.js'
import type { Step } from '../../model/step.js'
import { settlePending } from '../mend-pending.js'
import { settleHelm, tellHelm } from '../tell-helm.js'
import type { RunContext } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'

/** Runs `helm rollback` to the revision of before. */
export const rollbackRelease: StepRunner = {
  async run(step, context) {
    if (step.type !== 'rollback-release') return
    await settleHelm(context.files.folder, context.payload.timeoutMs, context)
    const newest = await settlePending({ name: step.release, namespace: step.namespace }, context)
    // It may have been planned while a helm worked that then came to nothing.
    if (newest && isBack(newest, step)) return
    await goBack(step, context)
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

/** One `helm rollback`. Throws `StepFailed` with helm's own words. */
export async function goBack(
  { release, namespace, toRevision }: { release: string; namespace: string; toRevision: number },
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
