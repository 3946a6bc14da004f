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
    /** Makes live objects that nobody owns part of the release, so that helm takes them. */
    | { type: 'adopt-objects'; objects: ObjectRef[]; release: string; namespace: string }
    /** Deletes objects that cannot be changed where they are; helm makes them again in the step after this one. */
    | { type: 'recreate-objects'; objects: RecreatedObject[] }
    /** Pods that the successors of `recreate-objects` did not take over. */
    | { type: 'remove-orphans'; objects: ObjectRef[] }
    | { type: 'upgrade-release'; release: string; namespace: string; chartVersion: string }
    | { type: 'wait-rollout'; workloads: ObjectRef[] }
    | { type: 'wait-crds'; groups: string[]; crds: string[] }
    | { type: 'verify' }
    /** CRDs as the backup has them: changed ones are put back, `created` ones go where nothing uses them. */
    | { type: 'restore-crds'; crds: string[]; created: string[] }
    /** Custom resources of the backup, by CRD: what is gone or differs is put back. */
    | { type: 'restore-resources'; crds: string[]; edits?: ResourceEdit[] }
    | {
        type: 'rollback-release'
        release: string
        namespace: string
        toRevision: number
        /** Objects of that revision that pods of the newer version may make again while helm goes back. */
        contested?: ObjectRef[]
      }
    /** Objects that are not helm's any more and that it could not take back. */
    | { type: 'delete-objects'; objects: ObjectRef[] }
    /** Objects that pods of the newer version may have made again: those of `release` are made by helm once more. */
    | {
        type: 'reclaim-objects'
        objects: ObjectRef[]
        gone: ObjectRef[]
        /** Programs that complete, as they start, what helm made: restarted where it stays incomplete. */
        restarts: ObjectRef[]
        release: string
        namespace: string
        toRevision: number
      }
    /** Objects that only the newer version has: what helm left of them goes. */
    | { type: 'remove-leftovers'; objects: ObjectRef[] }
    /** Takes the mark of `keep-objects` away again. */
    | { type: 'unkeep-objects'; objects: ObjectRef[] }
    /** Adopted objects are put back as the backup of that hop has them. */
    | { type: 'unadopt-objects'; objects: ObjectRef[]; hop: number }
    /** One workload after the other; `at` (RFC 3339) tells this restart from every other. */
    | { type: 'restart-workloads'; workloads: ObjectRef[]; way: RestartWay; at: string }
  )

/** `stay`: its pods go on without it; `go`: they go with it. */
export interface RecreatedObject extends ObjectRef {
  pods: 'stay' | 'go'
  /** The one that is meant, where the payload does not say it. */
  uid?: string
}

/** `rollout`: new pods beside the old ones; `delete-pods`: one pod goes first, then its replacement comes. */
export type RestartWay = 'rollout' | 'delete-pods'

export type StepType = Step['type']

/** Every type of step, for words that name one. */
export const stepTypes = Object.keys({
  backup: true,
  'delete-crds': true,
  'apply-crds': true,
  'keep-objects': true,
  'adopt-objects': true,
  'recreate-objects': true,
  'remove-orphans': true,
  'upgrade-release': true,
  'wait-rollout': true,
  'wait-crds': true,
  verify: true,
  'restore-crds': true,
  'restore-resources': true,
  'rollback-release': true,
  'delete-objects': true,
  'reclaim-objects': true,
  'remove-leftovers': true,
  'unkeep-objects': true,
  'unadopt-objects': true,
  'restart-workloads': true,
} satisfies Record<StepType, true>) as StepType[]
