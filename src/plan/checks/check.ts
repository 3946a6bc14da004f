import type { MeshProfile } from '../../meshes/mesh.js'
import type { Chart } from '../../model/chart.js'
import type { ClusterSnapshot } from '../../model/cluster.js'
import type { Finding } from '../../model/finding.js'
import type { KubeObject } from '../../model/kube-object.js'
import type { ObjectRef } from '../../model/object-ref.js'
import type { ReleaseSnapshot } from '../../model/release.js'
import type { RunRecord } from '../../model/run-record.js'

/** Everything a preflight check may look at. */
export interface CheckInput {
  profile: MeshProfile
  cluster: ClusterSnapshot
  release: ReleaseSnapshot
  chart: Chart
  /** Published stable versions; empty where the repository is unknown. */
  available: readonly string[]
  before: readonly KubeObject[]
  after: readonly KubeObject[]
  /** Kinds that the CRDs of this plan will serve, as `group/version/Kind`. */
  comingKinds: ReadonlySet<string>
  /** The last run of the release, where there was one and this hop is the first. */
  lastRun?: RunRecord
  /** Objects that leave the chart and that a step of the plan keeps. */
  kept: readonly ObjectRef[]
}

/** A preflight check: pure, total, independent of the others; one file each, listed in the registry. */
export type Check = (input: CheckInput) => Finding[]
