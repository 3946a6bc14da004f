import { applyArgs, applyFlags } from '../cli/apply-flags.js'
import { exitCodeOfPlan } from '../cli/exit-code.js'
import { InClusterCommand } from '../cli/in-cluster-command.js'
import { readPlanFile } from '../cli/plan-file.js'
import { applyWish } from '../cli/request.js'
import type { FrozenPlan } from '../model/frozen-plan.js'
import type { UpgradeOutcome } from '../model/outcome.js'
import type { UpgradePlan } from '../model/plan.js'
import type { WritePorts } from '../ports/ports.js'
import { formatPlan, formatPlanBriefly } from '../report/plan.js'
import { questionOf } from '../report/question.js'
import type { View } from '../report/view.js'
import { performUpgrade } from '../upgrade.js'
import { prepareFrozen } from '../workflows/apply-plan.js'
import { resumeIfBegun } from '../workflows/resume-if-begun.js'
import { giveBackRights } from '../workflows/run-in-cluster.js'

/** Executes a plan that was kept in a file, as long as nothing of what it was made from has moved. */
export default class Apply extends InClusterCommand {
  static override summary = 'execute a plan that was kept with plan --out; refused where anything moved since'
  static override examples = [
    '{program} apply plan.json',
    '{program} apply plan.json --yes -f secrets.yaml',
    '{program} apply plan.json --in-cluster --image registry.example.com/mesh-upgrade:1',
  ]
  static override args = applyArgs
  static override flags = applyFlags

  /** Plans again, compares, shows, asks, performs and tells how it ended. */
  async run(): Promise<void> {
    const frozen = await readPlanFile(this.words.args.file ?? '')
    const { flags } = this.words
    if (flags.cleanup === true) return this.cleanUp(frozen)
    if (flags['in-cluster'] === true) return this.runInCluster(frozen)
    if (flags['dry-run'] !== 'none') return this.showOnly(frozen)
    const ports = await this.connectForUpgrade()
    const begun =
      flags['resume-if-begun'] === true
        ? await resumeIfBegun(frozen, ports, () => this.beginChanges())
        : undefined
    const outcome = begun ?? (await this.performed(frozen, ports))
    if (outcome.result === 'upgraded') await this.giveBack(ports)
    this.conclude(outcome, (view) => (this.isShown(outcome) ? '' : `${this.planText(outcome.plan, view)}\n`))
  }

  private async performed(frozen: FrozenPlan, ports: WritePorts): Promise<UpgradeOutcome> {
    const prepared = await prepareFrozen(frozen, applyWish(this.words), ports)
    const { plan } = prepared
    const ended = { plan, doneSteps: [], elapsedMs: 0 }
    if (plan.verdict !== 'ready') return { ...ended, result: plan.verdict }
    this.showBeforeAsking(plan, (view) => this.planText(plan, view))
    const consent = await this.ask({ ...plan, question: questionOf(plan) }, ports)
    if (consent === 'declined') return { ...ended, result: 'declined' }
    return performUpgrade(prepared, consent, ports, this.beginChanges())
  }

  private async showOnly(frozen: FrozenPlan): Promise<void> {
    const { plan } = await prepareFrozen(frozen, applyWish(this.words), await this.connectForReading())
    this.emit(plan, (view) => this.planText(plan, view))
    process.exitCode = exitCodeOfPlan(plan, this.words.flags['detailed-exitcode'] === true)
  }

  /** The last act of a Job: its rights are of no use any more. */
  private async giveBack(ports: WritePorts): Promise<void> {
    const name = this.words.flags['give-back']
    if (typeof name !== 'string') return
    await giveBackRights(name, ports).catch((error: Error) => {
      this.tell(
        () =>
          `the rights of this Job could not be taken away (${error.message}): kubectl delete clusterrole ${name}\n`,
      )
    })
  }

  private isShown({ result }: UpgradeOutcome): boolean {
    return result !== 'blocked' && result !== 'nothing-to-do'
  }

  /** Short: the whole was shown when it was planned. */
  private planText(plan: UpgradePlan, view: View): string {
    if (this.words.flags['show-diff'] !== true) return formatPlanBriefly(plan, view)
    return formatPlan(plan, { ...view, showDiff: true })
  }
}
