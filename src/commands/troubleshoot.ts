import { ChangingCommand } from '../cli/changing-command.js'
import { exitCodeOfDiagnosis, exitCodeOfPlan } from '../cli/exit-code.js'
import * as flags from '../cli/flags.js'
import { fixFlags } from '../cli/repair-flags.js'
import { releaseOf, repairWishOf } from '../cli/request.js'
import { exitCodes } from '../errors.js'
import { troubleshootRelease } from '../inspect.js'
import type { UpgradePlan } from '../model/plan.js'
import type { WritePorts } from '../ports/ports.js'
import { formatDiagnosis } from '../report/diagnosis.js'
import { documentOf } from '../report/document.js'
import { formatNotFixable, formatRepair, repairQuestion } from '../report/repair.js'
import { performRepair, resumeRepair } from '../workflows/perform-repair.js'
import { prepareFix, type PreparedFix } from '../workflows/prepare-repair.js'

/** The rollout as it is now, what keeps it from finishing, and with `--fix` what mends it. */
export default class Troubleshoot extends ChangingCommand {
  static override summary = 'find out what keeps a rollout from finishing; changes nothing without --fix'
  static override examples = [
    '{program} troubleshoot',
    '{program} --troubleshoot osm -n osm-system',
    '{program} --troubleshoot osm -n osm-system --fix',
  ]
  static override args = flags.releaseArg
  static override flags = { ...fixFlags, ...flags.clusterFlags, ...flags.outputFlags }

  /** Diagnoses and shows; mends where that is asked for. */
  async run(): Promise<void> {
    if (this.words.flags.fix === true) return this.fix()
    const diagnosis = await troubleshootRelease(releaseOf(this.words), await this.connectForReading())
    this.emit(documentOf('Diagnosis', diagnosis), (view) => formatDiagnosis(diagnosis, view))
    process.exitCode = exitCodeOfDiagnosis(diagnosis)
  }

  private async fix(): Promise<void> {
    const ports = await this.connectForUpgrade()
    const fix = await prepareFix(repairWishOf(this.words), ports)
    if (fix.type === 'not-fixable' || fix.type === 'nothing-to-do') return this.tellDiagnosis(fix)
    const plan = fix.type === 'plan' ? fix.prepared.plan : fix.found.plan
    if (this.words.flags['dry-run'] !== 'none') {
      this.emit(plan, (view) => formatRepair(plan, view))
      process.exitCode = exitCodeOfPlan(plan, false)
      return
    }
    return this.carryOut(fix, plan, ports)
  }

  private async carryOut(
    fix: PreparedFix & { type: 'plan' | 'resume' },
    plan: UpgradePlan,
    ports: WritePorts,
  ): Promise<void> {
    const ended = { plan, doneSteps: [], elapsedMs: 0 }
    if (fix.type === 'plan' && plan.verdict === 'blocked')
      return this.conclude({ ...ended, result: 'blocked' }, (view) => `${formatRepair(plan, view)}\n`)
    this.showBeforeAsking(plan, (view) => formatRepair(plan, view))
    const again = fix.type === 'resume' ? `Go on with run ${fix.found.store.location.runId}: ` : ''
    // What is away was consented to when it was deleted.
    const consents = fix.type === 'resume' ? [] : plan.consents
    const subject = { digest: plan.digest, consents, question: again + repairQuestion(plan) }
    const consent = await this.ask(subject, ports)
    if (consent === 'declined') return this.conclude({ ...ended, result: 'declined' })
    const interrupts = this.beginChanges()
    this.conclude(
      fix.type === 'resume'
        ? await resumeRepair(fix.found, ports, interrupts)
        : await performRepair(fix.prepared, consent, ports, interrupts),
    )
  }

  private tellDiagnosis(fix: PreparedFix & { type: 'not-fixable' | 'nothing-to-do' }): void {
    const { diagnosis } = fix
    const reason = fix.type === 'not-fixable' ? { fix: { possible: false, reason: fix.reason } } : {}
    this.emit(documentOf('Diagnosis', { ...diagnosis, ...reason }), (view) =>
      formatDiagnosis(diagnosis, view),
    )
    if (fix.type === 'not-fixable') this.tell((view) => formatNotFixable(fix.reason, view))
    const found = exitCodeOfDiagnosis(diagnosis)
    process.exitCode = fix.type === 'not-fixable' && found === exitCodes.done ? exitCodes.refused : found
  }
}
