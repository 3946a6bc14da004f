import type { Diagnosis } from './rollout.js'
import type { UpgradePlan } from './plan.js'
import type { Verdict } from './verdict.js'

/** Where the run left its files. */
export interface RunLocation {
  runId: string
  folder: string
  backupFolder: string
}

/** What went wrong, and what state things are in. */
export interface RunFailure {
  step: string
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
  result: 'upgraded' | 'nothing-to-do' | 'blocked' | 'declined' | 'failed' | 'interrupted'
  plan: UpgradePlan
  run?: RunLocation
  verdict?: Verdict
  diagnosis?: Diagnosis
  /** Steps that were done, for the words after a failure. */
  doneSteps: string[]
  failure?: RunFailure
  elapsedMs: number
}
