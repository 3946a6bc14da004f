import type { UpgradePlan } from '../model/plan.js'
import type { RollbackPlan } from '../model/rollback-plan.js'

/** Says what is consented to: the plan itself may have scrolled away. */
export function questionOf(plan: UpgradePlan | RollbackPlan): string {
  const { release, from, to, cluster } = plan
  const verb = plan.kind === 'UpgradePlan' ? 'Upgrade' : 'Take back'
  const place = `${release.name} in ${release.namespace} (context ${cluster.kubeContext})`
  return `${verb} ${place} ${from.chartVersion} → ${to.chartVersion}. Proceed?`
}
