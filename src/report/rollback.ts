import type { RollbackPlan } from '../model/rollback-plan.js'
import { findingLines } from './findings.js'
import { hookLines, stepLines } from './plan.js'
import { themeOf } from './theme.js'
import type { View } from './view.js'

/** The way back as it is shown before consent. */
export function formatRollback(plan: RollbackPlan, view: View): string {
  const { heading } = themeOf(view)
  const { release, cluster, from, to, runId } = plan
  const head = [
    `${heading('Release')}   ${release.name} in ${release.namespace} · revision ${release.releaseRevision} · context ${cluster.kubeContext}`,
    `${heading('Rollback')}  ${from.chartVersion} → ${to.chartVersion}, to before run ${runId}`,
  ]
  const parts: string[][] = [
    head,
    findingLines(plan.findings, view),
    [heading('Steps'), ...plan.steps.flatMap((step, index) => stepLines(step, index, view))],
    plan.consents.map(({ id, text }) => `${heading('Consent')}   ${text} · --accept ${id}`),
    plan.hooks ? [heading('Hooks'), ...hookLines(plan.hooks, view)] : [],
  ]
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}
