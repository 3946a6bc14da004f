import { UpgradeError } from '../../errors.js'
import { isPending } from '../../model/release.js'
import { mendPending } from '../mend-pending.js'
import { settleHelm, tellHelm } from '../tell-helm.js'
import type { StepRunner } from '../run-steps.js'

/** Runs `helm rollback` to the revision of before. */
export const rollbackRelease: StepRunner = {
  async run(step, context) {
    if (step.type !== 'rollback-release') return
    const { ports, files, payload, interrupts } = context
    await settleHelm(files.folder, payload.timeoutMs, context)
    const outcome = await ports.helmWriter.rollback(
      {
        releaseName: step.release,
        namespace: step.namespace,
        toRevision: step.toRevision,
        timeoutMs: payload.timeoutMs,
        extraArguments: [],
        logFolder: files.folder,
      },
      tellHelm(ports),
      interrupts.stopNow,
    )
    if (outcome.succeeded) return
    throw new UpgradeError('StepFailed', outcome.message, { remedy: `see ${files.folder}` })
  },

  // helm rollback writes a new revision; only its own description names where it went back to.
  async probe(step, context) {
    if (step.type !== 'rollback-release') return { state: 'not-done', message: '' }
    await settleHelm(context.files.folder, context.payload.timeoutMs, context)
    const newest = await context.ports.releases.readNewestRevision({
      name: step.release,
      namespace: step.namespace,
    })
    if (!newest) throw new UpgradeError('PlanStale', `release ${step.release} is gone`)
    const { releaseRevision, releaseStatus, chartVersion, description } = newest
    const message = `the release is at revision ${releaseRevision} (${releaseStatus}, chart ${chartVersion})`
    if (isPending(releaseStatus)) await mendPending(newest, context)
    const isBack = releaseRevision === step.toRevision || description === `Rollback to ${step.toRevision}`
    return { state: isBack && releaseStatus === 'deployed' ? 'done' : 'not-done', message }
  },
}
