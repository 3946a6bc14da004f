import { messageOf, UpgradeError } from '../../errors.js'
import { isPending, newestRevision } from '../../model/release.js'
import { mendPending, settlePending } from '../mend-pending.js'
import { isOwnRevision } from '../own-revision.js'
import { settleHelm, tellHelm } from '../tell-helm.js'
import { narrateRollout } from '../watch-rollout.js'
import type { RunContext } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'

/** Runs `helm upgrade` with the planned values, its output streamed, the rollout told meanwhile. */
export const upgradeRelease: StepRunner = {
  async run(step, context) {
    if (step.type !== 'upgrade-release') return
    const { ports, files, payload, interrupts, steps } = context
    const workloads = steps.flatMap((other) => (other.type === 'wait-rollout' ? other.workloads : []))
    const stopWatching = new AbortController()
    const watching = narrateRollout(workloads, context, stopWatching.signal)
    try {
      const outcome = await ports.helmWriter.upgrade(
        {
          releaseName: step.release,
          namespace: step.namespace,
          chartPath: payload.chart.path,
          chartVersion: step.chartVersion,
          valuesFile: await files.writeValues(payload.values),
          timeoutMs: payload.timeoutMs,
          extraArguments: payload.helmArguments,
          logFolder: files.folder,
        },
        tellHelm(ports),
        interrupts.stopNow,
      )
      if (!outcome.succeeded) {
        // What helm could not record any more, or died before recording, would block the next helm.
        if (outcome.ending !== 'running') await mendLeftPending(step.release, context)
        throw new UpgradeError('StepFailed', outcome.message, { remedy: `see ${files.folder}` })
      }
    } finally {
      stopWatching.abort()
      await watching
    }
  },

  // A helm that outlived us is waited for; then the release tells how far it came.
  async probe(_step, context) {
    const { payload, files } = context
    await settleHelm(files.folder, payload.timeoutMs, context)
    const { name, namespace, history } = payload.release
    const newest = await settlePending({ name, namespace }, context)
    if (!newest) throw new UpgradeError('PlanStale', `release ${name} is gone`)
    const { releaseRevision, releaseStatus } = newest
    const at = `the release is at revision ${releaseRevision} (${releaseStatus})`
    if (releaseRevision === newestRevision(history)) return { state: 'not-done', message: at }
    if (!isOwnRevision(newest, payload)) {
      throw new UpgradeError('PlanStale', `${at}, which this run did not make`)
    }
    if (releaseStatus === 'deployed') return { state: 'done', message: at }
    return { state: 'not-done', message: at }
  },
}

/** Mends a revision that helm left pending although it has ended; never hides why helm failed. */
async function mendLeftPending(name: string, context: RunContext): Promise<void> {
  const { releases, progress } = context.ports
  const mend = async (): Promise<void> => {
    const newest = await releases.readNewestRevision({ name, namespace: context.payload.release.namespace })
    if (newest && isPending(newest.releaseStatus)) await mendPending(newest, context)
  }
  await mend().catch((error: unknown) => {
    progress({
      type: 'note',
      message: `whether helm left the release pending is unknown: ${messageOf(error)}`,
    })
  })
}
