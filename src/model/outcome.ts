import type { Diagnosis } from './rollout.js'
import type { UpgradePlan } from './plan.js'
import type { ResourcesAway } from './resources-away.js'
import type { RollbackPlan } from './rollback-plan.js'
import type { Verdict } from './verdict.js'

/** Where the run left its files. */
export interface RunLocation {
  runId: string
  folder: string
  backupFolder: string
}

/** What went wrong, and what state things are in. */
export interface RunFailure {
  /** Title of the step. */
  step: string
  /** Absent where it was none of the steps. */
  stepId?: string
  /** The server's or helm's own words. */
  message: string
  /** What helps against just this, where that is known. */
  remedy?: string
  /** True once a step that changes the cluster had begun. */
  changed: boolean
  nextCommands: string[]
}

/** How a run ended; `exitCodeOf` in errors.ts gives the number. */
export interface UpgradeOutcome {
  /** `repaired`: a plan that is no upgrade was carried out. */
  result:
    | 'upgraded'
    | 'repaired'
    | 'rolled-back'
    | 'nothing-to-do'
    | 'blocked'
    | 'declined'
    | 'failed'
    | 'interrupted'
  plan: UpgradePlan
  /** The way back, where it was gone. */
  rollback?: RollbackPlan
  run?: RunLocation
  verdict?: Verdict
  diagnosis?: Diagnosis
  /** Ids of the steps that were done, for the words after a failure. */
  doneSteps: string[]
  failure?: RunFailure
  /** For how long custom resources were away, where CRDs were deleted and made again. */
  resourcesAway?: ResourcesAway
  elapsedMs: number
}
