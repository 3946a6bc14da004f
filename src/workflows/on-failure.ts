import { isOnlySlow } from '../diagnose/only-slow.js'
import { messageOf } from '../errors.js'
import { runSteps } from '../execute/run-steps.js'
import { runProgress } from '../model/journal.js'
import type { RunFailure, UpgradeOutcome } from '../model/outcome.js'
import { releaseCommand } from '../model/release.js'
import type { RollbackPlan } from '../model/rollback-plan.js'
import type { LiveRun } from './live-run.js'
import { prepareRollback, rollBack } from './rollback.js'

/**
 * What the person wants to become of a failed run: left, taken back, or asked for. Gives the outcome with
 * what was done about it; the failure stays the one of the upgrade.
 */
export async function afterFailure(run: LiveRun, outcome: UpgradeOutcome): Promise<UpgradeOutcome> {
  const { failure, result } = outcome
  if (result !== 'failed' || !failure?.changed || run.request.onFailure === 'stop') return outcome
  const note = (message: string): void => run.ports.progress({ type: 'note', message })
  if (isOnlySlow({ ...outcome, message: failure.message })) {
    note('not rolled back: nothing is wrong with what is there, it is only slow; go on waiting with resume')
    return outcome
  }
  try {
    const progress = runProgress(await run.store.readJournal())
    const rollback = await prepareRollback({ ...run, progress }, run.ports)
    for (const { title } of rollback.steps) note(`way back: ${title}`)
    if (rollback.consents.length > 0) {
      const why = rollback.findings.map(({ message }) => message).join('; ')
      note(
        `not rolled back by itself: ${why}; look at it: ${releaseCommand('rollback', run.plan.release)} --dry-run`,
      )
      return outcome
    }
    if (!(await isWanted(run, rollback, failure))) return outcome
    await run.store.writeRollbackPlan(rollback)
    return withFailure(await rollBack(run, rollback, runSteps), failure)
  } catch (error) {
    note(`not rolled back: ${messageOf(error)}`)
    return outcome
  }
}

async function isWanted(
  { request, ports: { prompter } }: LiveRun,
  { to }: RollbackPlan,
  { step }: RunFailure,
): Promise<boolean> {
  if (request.onFailure === 'rollback') return true
  return prompter.canAsk && prompter.confirm(`${step} failed. Go back to ${to.chartVersion} now?`)
}

function withFailure(back: UpgradeOutcome, failure: RunFailure): UpgradeOutcome {
  const { step, message } = failure
  if (!back.failure) return { ...back, failure: { step, message, changed: true, nextCommands: [] } }
  const also = `going back failed too: ${back.failure.step}: ${back.failure.message}`
  return { ...back, failure: { ...back.failure, step, message: `${message}; ${also}` } }
}
