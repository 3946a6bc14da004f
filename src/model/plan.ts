import type { ClusterIdentity } from './cluster.js'
import type { CrdChange } from './crd.js'
import type { Finding } from './finding.js'
import type { PlannedHook } from './hooks.js'
import type { ObjectRef } from './object-ref.js'
import type { ReleaseNotes } from './release-notes.js'
import type { Step } from './step.js'

export const planApiVersion = 'mesh-upgrade.dev/v1alpha1'

/** One user-supplied value and what becomes of it; texts are redacted. */
export interface ValueEdit {
  path: string
  action: 'carried' | 'reset' | 'renamed' | 'dropped' | 'overridden' | 'added'
  /** New path where the key was renamed. */
  toPath?: string
  from?: string
  to?: string
  reason: string
}

export interface ValuesPlan {
  mode: ValuesMode
  edits: ValueEdit[]
  /** Digest of the values that helm will be given. */
  digest: string
}

/** `carry` is ours (design §2); the rest mean what they mean in helm. */
export type ValuesMode = 'carry' | 'helm-default' | 'reset' | 'reuse' | 'reset-then-reuse'

/** One rendered object that differs between the release and the target. */
export interface ObjectChange {
  object: ObjectRef
  change: 'added' | 'changed' | 'removed'
  /** Unified diff of the redacted YAML. */
  diff: string
  /** True where the pod template changes, so that pods are replaced. */
  restartsPods: boolean
}

export interface ReleasePlan {
  name: string
  namespace: string
  chart: { name: string; version: string; appVersion: string; reference: string; digest: string }
  values: ValuesPlan
  objects: ObjectChange[]
  unchangedObjects: number
}

/** One supported version jump, with everything that belongs to it. */
export interface Hop {
  from: string
  to: string
  releases: ReleasePlan[]
  crds: CrdChange[]
  releaseNotes: ReleaseNotes[]
  steps: Step[]
}

/** What is left to do when the upgrade is done, by the person and not by this tool. */
export interface Afterwards {
  text: string
  commands: string[]
}

/** What the upgrade interrupts, one line each. */
export interface Impact {
  restarts: ObjectRef[]
  lines: string[]
  afterwards: Afterwards[]
}

/** A dangerous step needs its own `--accept ID`. */
export interface ConsentRequirement {
  id: string
  text: string
}

/** `fix`: CRDs out of step are mended; `restart`: the mesh's own workloads. */
export type PlanPurpose = 'fix' | 'restart'

export type PlanVerdict = 'ready' | 'blocked' | 'nothing-to-do'

/** What must not have moved between consent and the first change (design §1.2). */
export interface PlanInputs {
  clusterUid: string
  releaseRevision: number
  releaseValuesDigest: string
  chartDigest: string
  valuesDigest: string
  crds: { name: string; uid: string; specDigest: string; storedVersions: string[] }[]
  /** Custom resources by CRD name: how many the plan promised to keep. */
  customResources: Record<string, number>
}

/** The document that is shown, consented to and executed. Holds no secret. */
export interface UpgradePlan {
  apiVersion: typeof planApiVersion
  kind: 'UpgradePlan'
  executor: 'mesh-upgrade' | 'helm'
  /** What it is for, where it is no upgrade: `from` and `to` are then the same. */
  purpose?: PlanPurpose
  mesh: { id: string; title: string }
  release: { name: string; namespace: string; releaseRevision: number }
  cluster: ClusterIdentity
  from: { chartVersion: string; appVersion: string }
  to: { chartVersion: string; appVersion: string; why: string }
  hops: Hop[]
  findings: Finding[]
  consents: ConsentRequirement[]
  /** What becomes of a run that fails after its first change. */
  onFailure: 'ask' | 'stop' | 'rollback'
  impact: Impact
  inputs: PlanInputs
  /** Commands of the user that are to run. */
  hooks?: PlannedHook[]
  verdict: PlanVerdict
  digest: string
}
