import type { ClusterIdentity } from './cluster.js'
import type { Finding } from './finding.js'
import { plannedHooks, type HookSettings, type PlannedHook } from './hooks.js'
import type { ConsentRequirement } from './plan.js'
import type { Step } from './step.js'

export const rollbackApiVersion = 'mesh-upgrade.dev/v1alpha1'

/** The way back to before a run, as it is shown, consented to and executed. Holds no secret. */
export interface RollbackPlan {
  apiVersion: typeof rollbackApiVersion
  kind: 'RollbackPlan'
  runId: string
  release: { name: string; namespace: string; releaseRevision: number }
  cluster: ClusterIdentity
  from: { chartVersion: string }
  to: { chartVersion: string; releaseRevision: number }
  steps: Step[]
  /** What cannot be taken back, and what else to know. */
  findings: Finding[]
  consents: ConsentRequirement[]
  /** Commands of the user that are to run. */
  hooks?: PlannedHook[]
  digest: string
}

/** The plan with the hooks that it is to run with. */
export function withHooks(
  plan: RollbackPlan,
  settings: HookSettings | undefined,
  redact: (text: string) => string,
): RollbackPlan {
  return settings ? { ...plan, hooks: plannedHooks(settings.hooks, redact) } : plan
}
