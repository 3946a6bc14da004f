import { UpgradeError } from '../../errors.js'
import { narrateRollout } from '../watch-rollout.js'
import type { StepRunner } from '../run-steps.js'

/** Runs `helm upgrade` with the planned values, its output streamed, the rollout told meanwhile. */
export const upgradeRelease: StepRunner = async (step, context) => {
  if (step.type !== 'upgrade-release') return
  const { ports, store, payload, signal, plan } = context
  const workloads =
    plan.hops[0]?.steps.flatMap((other) => (other.type === 'wait-rollout' ? other.workloads : [])) ?? []
  const stopWatching = new AbortController()
  const watching = narrateRollout(workloads, context, stopWatching.signal)
  try {
    const outcome = await ports.helmWriter.upgrade(
      {
        releaseName: step.release,
        namespace: step.namespace,
        chartPath: payload.chart.path,
        chartVersion: step.chartVersion,
        valuesFile: await store.writeValues(payload.values),
        timeoutMs: payload.timeoutMs,
        extraArguments: payload.helmArguments,
        logFolder: store.location.folder,
      },
      (line) => ports.progress({ type: 'output', source: 'helm', line: ports.redact(line) }),
      signal,
    )
    if (!outcome.succeeded) {
      throw new UpgradeError('StepFailed', outcome.message, { remedy: `see ${store.location.folder}` })
    }
  } finally {
    stopWatching.abort()
    await watching
  }
}
