import type { ObjectRef } from './object-ref.js'

/**
 * One thing that execute does, in the order of the plan. `mutates` says whether the cluster changes;
 * `commands` is what a person could run instead.
 */
interface StepBase {
  id: string
  title: string
  mutates: boolean
  commands: string[]
}

export type Step = StepBase &
  (
    | { type: 'backup'; crds: string[] }
    | { type: 'apply-crds'; crds: string[] }
    | { type: 'keep-objects'; objects: ObjectRef[] }
    | { type: 'upgrade-release'; release: string; namespace: string; chartVersion: string }
    | { type: 'wait-rollout'; workloads: ObjectRef[] }
    | { type: 'wait-crds'; groups: string[]; crds: string[] }
    | { type: 'verify' }
  )

export type StepType = Step['type']
