import type { Chart } from './chart.js'
import type { CustomResourceKind, LiveCrd } from './crd.js'
import type { KubeObject } from './kube-object.js'
import type { UpgradePlan } from './plan.js'
import type { ReleaseSnapshot } from './release.js'
import type { Sensitive, Values } from './values.js'

/** What execute needs besides the plan and what no document may hold. */
export interface PlanPayload {
  release: ReleaseSnapshot
  chart: Chart
  /** The whole of the values that helm is given. */
  values: Sensitive<Values>
  /** CRD manifests that will be applied, by name. */
  crds: { name: string; object: KubeObject }[]
  liveCrds: LiveCrd[]
  customResourceKinds: CustomResourceKind[]
  timeoutMs: number
  /** What to type to do the same again, without the program's name; secrets hidden. */
  again: string
  /** helm's flags for the cluster that this call names. */
  clusterFlags: readonly string[]
  /** What else helm is given, word by word. */
  helmArguments: string[]
}

/** The result of planning. `payload` is absent where the plan is blocked before there is anything to do. */
export interface PreparedUpgrade {
  plan: UpgradePlan
  payload: PlanPayload
}
