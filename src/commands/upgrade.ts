import { ChangingCommand } from '../cli/changing-command.js'
import { exitCodeOfPlan } from '../cli/exit-code.js'
import { freezeFlags } from '../cli/apply-flags.js'
import * as flags from '../cli/flags.js'
import { planMaybeToFile } from '../cli/plan-to-file.js'
import { upgradeRequest } from '../cli/request.js'
import type { UpgradePlan } from '../model/plan.js'
import type { UpgradeRequest } from '../model/upgrade-request.js'
import { formatPlan } from '../report/plan.js'
import { questionOf } from '../report/question.js'
import type { View } from '../report/view.js'
import { performUpgrade, prepareUpgrade } from '../upgrade.js'
import { planWithHooks, upgradeFacts } from '../workflows/hooks.js'

/** The guided upgrade; the launcher inserts this command where none is named. */
export default class Upgrade extends ChangingCommand {
  static override summary =
    'upgrade a mesh: plan, show, ask, back up, update CRDs, helm upgrade, wait, verify'
  static override examples = [
    '{program}',
    '{program} osm --to 0.11.1 -n osm-system',
    '{program} osm ./charts/osm -f values.yaml --dry-run',
    '{program} osm --yes --timeout 10m -o json',
    '{program} --troubleshoot osm',
  ]
  static override args = flags.upgradeArgs
  static override flags = {
    ...flags.planningFlags,
    ...flags.consentFlags,
    ...freezeFlags,
    ...flags.hookFlags,
    ...flags.outputFlags,
  }

  /** Plans, shows, asks, performs and tells how it ended. */
  async run(): Promise<void> {
    const request = upgradeRequest(this.words)
    if (this.words.flags['dry-run'] !== 'none') return this.showOnly(request)
    const ports = await this.connectForUpgrade()
    const prepare = () => prepareUpgrade(request, ports)
    const prepared = await planWithHooks(request, ports, prepare, upgradeFacts)
    const { plan } = prepared
    const ended = { plan, doneSteps: [], elapsedMs: 0 }
    if (plan.verdict !== 'ready')
      return this.conclude({ ...ended, result: plan.verdict }, (view) => `${this.planText(plan, view)}\n`)
    this.showBeforeAsking(plan, (view) => this.planText(plan, view))
    const consent = await this.ask({ ...plan, question: questionOf(plan) }, ports)
    if (consent === 'declined') return this.conclude({ ...ended, result: 'declined' })
    this.conclude(await performUpgrade(prepared, consent, ports, this.beginChanges()))
  }

  private async showOnly(request: UpgradeRequest): Promise<void> {
    const plan = await planMaybeToFile(request, await this.connectForReading(), {
      words: this.words,
      tell: (message) => this.progress.sink({ type: 'note', message }),
    })
    this.emit(plan, (view) => this.planText(plan, view))
    process.exitCode = exitCodeOfPlan(plan, this.words.flags['detailed-exitcode'] === true)
  }

  private planText(plan: UpgradePlan, view: View): string {
    return formatPlan(plan, { ...view, showDiff: this.words.flags['show-diff'] === true })
  }
}
