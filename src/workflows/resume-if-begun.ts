import { UpgradeError } from '../errors.js'
import { readRecord } from '../execute/run-record.js'
import type { FrozenPlan } from '../model/frozen-plan.js'
import type { UpgradeOutcome } from '../model/outcome.js'
import type { Interrupts } from '../ports/interrupts.js'
import type { WritePorts } from '../ports/ports.js'
import { findRun } from './find-run.js'
import { resumeUpgrade } from './resume.js'

/**
 * Goes on with the run of a frozen plan where one was begun, here or elsewhere; undefined where none was, or
 * where it had not come to anything that it could be resumed from: then it is applied from the start.
 */
export async function resumeIfBegun(
  { plan }: FrozenPlan,
  ports: WritePorts,
  begin: () => Interrupts,
): Promise<UpgradeOutcome | undefined> {
  const { name, namespace } = plan.release
  const record = await readRecord({ name, namespace }, ports)
  if (record?.planDigest !== plan.digest) return undefined
  // What was taken back is over: applied anew, the plan is stale.
  if (record.phase === 'RolledBack') return undefined
  if (record.phase === 'Succeeded') return { result: 'upgraded', plan, doneSteps: [], elapsedMs: 0 }
  try {
    const found = await findRun({ releaseName: name, namespace, runId: record.run }, ports)
    return await resumeUpgrade(found, ports, begin())
  } catch (error) {
    // Before the backup the cluster keeps nothing of a run, and nothing was changed: inputs are compared again.
    if (error instanceof UpgradeError && error.code === 'RunAbsent') return undefined
    throw error
  }
}
