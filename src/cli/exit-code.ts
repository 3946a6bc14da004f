import { exitCodes } from '../errors.js'
import type { CrdRestoreOutcome } from '../model/crd-backup.js'
import type { UpgradeOutcome } from '../model/outcome.js'
import type { UpgradePlan } from '../model/plan.js'
import { isWhole, type Diagnosis } from '../model/rollout.js'
import type { RunPhase, RunRecord, RunState } from '../model/run-record.js'
import type { Verdict } from '../model/verdict.js'

/** The exit codes as help lists them; a test holds them against `exitCodes`. */
export const exitCodeTexts: [number, string][] = [
  [exitCodes.done, 'done, or nothing to do'],
  [exitCodes.error, 'error: something could not be read, or it failed before the first change'],
  [exitCodes.changesFound, 'changes found (only with --detailed-exitcode)'],
  [exitCodes.refused, 'refused: a check found a blocker, or troubleshoot found a cause'],
  [exitCodes.declined, 'declined, or nobody could be asked'],
  [exitCodes.locked, 'another run holds the lock'],
  [exitCodes.stale, 'the cluster moved after the plan was shown'],
  [exitCodes.failedRolledBack, 'failed, rolled back'],
  [exitCodes.failed, 'failed, not rolled back'],
  [exitCodes.interrupted, 'interrupted (129 and 143 by other signals)'],
]

/** Exit code of a plan that was only shown; `detailed` tells "something to do" from "nothing to do". */
export function exitCodeOfPlan(plan: UpgradePlan, detailed: boolean): number {
  if (plan.verdict === 'blocked') return exitCodes.refused
  return detailed && plan.verdict === 'ready' ? exitCodes.changesFound : exitCodes.done
}

const codeOfResult = {
  upgraded: exitCodes.done,
  repaired: exitCodes.done,
  'nothing-to-do': exitCodes.done,
  blocked: exitCodes.refused,
  declined: exitCodes.declined,
} as const

/** Exit code of a run. A failure before anything was changed is an error like any other. */
export function exitCodeOfOutcome(
  { result, failure }: UpgradeOutcome,
  interrupt: number | undefined,
): number {
  if (result === 'interrupted') return interrupt ?? exitCodes.interrupted
  if (result === 'failed') return failure?.changed === false ? exitCodes.error : exitCodes.failed
  // A rollback that was asked for has done what it should.
  if (result === 'rolled-back') return failure ? exitCodes.failedRolledBack : exitCodes.done
  return codeOfResult[result]
}

/** Exit code of `verify`: unknown is not success. */
export function exitCodeOfVerdict({ outcome }: Verdict): number {
  if (outcome === 'pass') return exitCodes.done
  return outcome === 'fail' ? exitCodes.refused : exitCodes.error
}

/** Exit code of `troubleshoot`: a cause was found, the rollout is whole, or it cannot be told. */
export function exitCodeOfDiagnosis(diagnosis: Diagnosis): number {
  const { findings } = diagnosis
  if (findings.some(({ severity }) => severity === 'error')) return exitCodes.refused
  return isWhole(diagnosis) && findings.every(({ severity }) => severity !== 'unknown')
    ? exitCodes.done
    : exitCodes.error
}

/** Exit code of `status --wait`: that of the run, or 0 where it is in the phase that was waited for. */
export function exitCodeOfWait(
  waited: { state: RunState; timedOut: boolean; record?: Pick<RunRecord, 'phase'> },
  wanted?: RunPhase,
): number {
  if (waited.timedOut) return exitCodes.error
  // One that died still tells the phase that it was in.
  if (wanted !== undefined && waited.state !== 'died' && waited.record?.phase === wanted)
    return exitCodes.done
  const code = codeOfState[waited.state]
  // It ended well, and not as it was waited for.
  return wanted !== undefined && code === exitCodes.done ? exitCodes.error : code
}

const codeOfState: Record<RunState, number> = {
  succeeded: exitCodes.done,
  'rolled-back': exitCodes.failedRolledBack,
  failed: exitCodes.failed,
  died: exitCodes.failed,
  interrupted: exitCodes.failed,
  none: exitCodes.error,
  running: exitCodes.error,
  unknown: exitCodes.error,
}

/** Exit code of `unlock`. */
export function exitCodeOfUnlock(result: 'unlocked' | 'nothing-to-do' | 'declined'): number {
  return result === 'declined' ? exitCodes.declined : exitCodes.done
}

/** Exit code of `crds diff`. */
export function exitCodeOfCrds({ hops }: UpgradePlan, detailed: boolean): number {
  const differs = hops.some(({ crds }) =>
    crds.some(({ targetChart }) => targetChart === 'changed' || targetChart === 'added'),
  )
  return detailed && differs ? exitCodes.changesFound : exitCodes.done
}

/** Exit code of `crds restore`. */
export function exitCodeOfRestore({ result }: Pick<CrdRestoreOutcome, 'result'>): number {
  if (result === 'declined') return exitCodes.declined
  return result === 'failed' ? exitCodes.failed : exitCodes.done
}
