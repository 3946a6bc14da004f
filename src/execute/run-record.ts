import type { KubeObject } from '../model/kube-object.js'
import type { UpgradePlan } from '../model/plan.js'
import type { WritePorts } from '../ports/ports.js'

export type RunPhase = 'Running' | 'Succeeded' | 'Failed'

/**
 * Shows the run in the cluster: ConfigMap `mesh-upgrade.<release>` with `phase` and conditions, so that
 * `kubectl wait --for=jsonpath='{.data.phase}'=Succeeded` works (design §4). Holds no values.
 */
export async function recordRun(
  plan: UpgradePlan,
  runId: string,
  state: { phase: RunPhase; message: string },
  ports: Pick<WritePorts, 'clusterWriter' | 'clock'>,
): Promise<void> {
  const { name, namespace } = plan.release
  const at = new Date(ports.clock.now()).toISOString()
  const record: KubeObject = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: `mesh-upgrade.${name}`,
      namespace,
      labels: { 'app.kubernetes.io/managed-by': 'mesh-upgrade' },
    },
    data: {
      run: runId,
      phase: state.phase,
      from: plan.from.chartVersion,
      to: plan.to.chartVersion,
      planDigest: plan.digest,
      updatedAt: at,
      conditions: JSON.stringify(conditions(state, plan.release.releaseRevision, at)),
    },
  }
  await ports.clusterWriter.apply(record)
}

function conditions(
  state: { phase: RunPhase; message: string },
  observedRevision: number,
  at: string,
): object[] {
  const { phase, message } = state
  const status = (type: RunPhase | 'Progressing'): 'True' | 'False' =>
    type === phase || (type === 'Progressing' && phase === 'Running') ? 'True' : 'False'
  return (['Progressing', 'Succeeded', 'Failed'] as const).map((type) => ({
    type,
    status: status(type),
    reason: phase,
    message,
    observedRevision,
    lastTransitionTime: at,
  }))
}
