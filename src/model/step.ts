import type { ResourceEdit } from './crd.js'
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
    /** Deletes CRDs, and with them their objects, which the backup holds. */
    | { type: 'delete-crds'; crds: string[] }
    | { type: 'apply-crds'; crds: string[] }
    | { type: 'keep-objects'; objects: ObjectRef[] }
    | { type: 'upgrade-release'; release: string; namespace: string; chartVersion: string }
    | { type: 'wait-rollout'; workloads: ObjectRef[] }
    | { type: 'wait-crds'; groups: string[]; crds: string[] }
    | { type: 'verify' }
    /** CRDs as the backup has them: changed ones are put back, `created` ones go where nothing uses them. */
    | { type: 'restore-crds'; crds: string[]; created: string[] }
    /** Custom resources of the backup, by CRD: what is gone or differs is put back. */
    | { type: 'restore-resources'; crds: string[]; edits?: ResourceEdit[] }
    | { type: 'rollback-release'; release: string; namespace: string; toRevision: number }
    /** Objects that are not helm's any more and that it could not take back. */
    | { type: 'delete-objects'; objects: ObjectRef[] }
    /** Takes the mark of `keep-objects` away again. */
    | { type: 'unkeep-objects'; objects: ObjectRef[] }
  )

export type StepType = Step['type']

/** Every type of step, for words that name one. */
export const stepTypes = Object.keys({
  backup: true,
  'delete-crds': true,
  'apply-crds': true,
  'keep-objects': true,
  'upgrade-release': true,
  'wait-rollout': true,
  'wait-crds': true,
  verify: true,
  'restore-crds': true,
  'restore-resources': true,
  'rollback-release': true,
  'delete-objects': true,
  'unkeep-objects': true,
} satisfies Record<StepType, true>) as StepType[]
