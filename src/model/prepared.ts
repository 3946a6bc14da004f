import type { Chart } from './chart.js'
import type { CustomResourceKind, LiveCrd } from './crd.js'
import type { KubeObject } from './kube-object.js'
import type { UpgradePlan } from './plan.js'
import type { ReleaseSnapshot } from './release.js'
import type { UpgradeRequest } from './upgrade-request.js'
import type { Sensitive, Values } from './values.js'

/** What execute needs of one hop besides the plan and what no document may hold. */
export interface PlanPayload {
  /** As it is before the hop; of a later hop, as it is foreseen. */
  release: ReleaseSnapshot
  chart: Chart
  /** The whole of the values that helm is given. */
  values: Sensitive<Values>
  /** What this call sets itself, which wins at every hop. */
  overrides: Sensitive<Values>
  /** CRD manifests that will be applied, by name. */
  crds: { name: string; object: KubeObject }[]
  liveCrds: LiveCrd[]
  customResourceKinds: CustomResourceKind[]
  /** Uids of the objects that are deleted and made again, by `refKey`. */
  recreatedUids?: Record<string, string>
  /** Published stable versions. */
  available: string[]
  timeoutMs: number
  /** What to type to do the same again, without the program's name; secrets hidden. */
  again: string
  /** helm's flags for the cluster that this call names. */
  clusterFlags: readonly string[]
  /** What else helm is given, word by word. */
  helmArguments: string[]
}

/** The result of planning: one payload for each hop. */
export interface PreparedUpgrade {
  plan: UpgradePlan
  payloads: PlanPayload[]
  request: UpgradeRequest
}
