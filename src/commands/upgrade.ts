import { BaseCommand } from '../cli/base-command.js'
import { exitCodeOfOutcome, exitCodeOfPlan } from '../cli/exit-code.js'
import * as flags from '../cli/flags.js'
import { upgradeRequest } from '../cli/request.js'
import { UpgradeError } from '../errors.js'
import type { Consent } from '../model/consent.js'
import type { UpgradeOutcome } from '../model/outcome.js'
import type { UpgradePlan } from '../model/plan.js'
import type { UpgradeRequest } from '../model/upgrade-request.js'
import type { WritePorts } from '../ports/ports.js'
import { documentOf } from '../report/document.js'
import { formatOutcome } from '../report/outcome.js'
import { formatPlan } from '../report/plan.js'
import { askConsent, performUpgrade, prepareUpgrade } from '../upgrade.js'

/** The guided upgrade; the launcher inserts this command where none is named. */
export default class Upgrade extends BaseCommand {
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
    ...flags.clusterFlags,
    ...flags.chartFlags,
    ...flags.valueFlags,
    ...flags.imageFlags,
    ...flags.upgradeFlags,
    ...flags.consentFlags,
    ...flags.planFlags,
    ...flags.outputFlags,
  }

  private mayHaveChanged = false

  /** Plans, shows, asks, performs and tells how it ended. */
  async run(): Promise<void> {
    const request = upgradeRequest(this.words)
    if (this.words.flags['dry-run'] !== 'none') return this.showOnly(request)
    const ports = await this.connectForUpgrade()
    const prepared = await prepareUpgrade(request, ports)
    const { plan } = prepared
    if (plan.verdict !== 'ready')
      return this.conclude({ result: plan.verdict, plan, doneSteps: [], elapsedMs: 0 })
    this.showBeforeAsking(plan)
    const consent = await this.ask(plan, ports)
    if (consent === 'declined')
      return this.conclude({ result: 'declined', plan, doneSteps: [], elapsedMs: 0 })
    this.mayHaveChanged = true
    const interrupts = this.interrupts
    interrupts?.changesBegin()
    const signal = interrupts?.signal ?? new AbortController().signal
    this.conclude(await performUpgrade(prepared, consent, ports, signal))
  }

  /** What `performUpgrade` throws comes before the first change; anything else would be a defect. */
  protected override stateAfter(error: Error): string {
    if (error instanceof UpgradeError || !this.mayHaveChanged) return 'nothing was changed'
    return 'something may have been changed: look at it with {program} status'
  }

  private async showOnly(request: UpgradeRequest): Promise<void> {
    const { plan } = await prepareUpgrade(request, await this.connectForReading())
    this.emit(plan, (view) => this.planText(plan, view))
    process.exitCode = exitCodeOfPlan(plan, this.words.flags['detailed-exitcode'] === true)
  }

  private async ask(plan: UpgradePlan, ports: WritePorts): Promise<Consent | 'declined'> {
    const given = this.words.flags.accept
    const accepted = Array.isArray(given) ? given : []
    this.progress.clear()
    const consent = await askConsent(plan, { yes: this.words.flags.yes === true, accepted }, ports)
    // Ctrl-C at the prompt ends the question first and reaches us as a signal one turn later.
    if (consent === 'declined') await new Promise((resolve) => setTimeout(resolve, 50))
    const missing = plan.consents.filter(({ id }) => !accepted.includes(id)).map(({ id }) => `--accept ${id}`)
    if (consent === 'declined' && this.words.flags.yes === true) {
      this.tell(() => `--yes does not cover ${missing.join(' ')}\n`)
    }
    if (consent !== 'no-terminal') return consent
    const needed = missing.length > 0 ? `; the plan needs ${missing.join(' ')}` : ''
    throw new UpgradeError(
      'NoTerminal',
      `ask for consent: there is no terminal, so that nobody can answer${needed}`,
    )
  }

  /** Where stdout is kept for one document, what is consented to is shown on stderr. */
  private showBeforeAsking(plan: UpgradePlan): void {
    if (this.output === 'text') this.emit(plan, (view) => `${this.planText(plan, view)}\n`)
    else if (this.words.flags.yes !== true) this.tell((view) => `${this.planText(plan, view)}\n`)
  }

  private conclude(outcome: UpgradeOutcome): void {
    const exitCode = exitCodeOfOutcome(outcome, this.interrupts?.exitCode())
    this.emit(documentOf('UpgradeOutcome', { ...outcome, exitCode }), (view) => {
      const shown = outcome.result === 'blocked' || outcome.result === 'nothing-to-do'
      return (shown ? `${this.planText(outcome.plan, view)}\n` : '') + formatOutcome(outcome, view)
    })
    process.exitCode = exitCode
  }

  private planText(plan: UpgradePlan, view: Parameters<typeof formatPlan>[1]): string {
    return formatPlan(plan, { ...view, showDiff: this.words.flags['show-diff'] === true })
  }
}
