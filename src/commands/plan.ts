import { BaseCommand } from '../cli/base-command.js'
import { exitCodeOfPlan } from '../cli/exit-code.js'
import { freezeFlags } from '../cli/apply-flags.js'
import * as flags from '../cli/flags.js'
import { planMaybeToFile } from '../cli/plan-to-file.js'
import { upgradeRequest } from '../cli/request.js'
import { formatPlan } from '../report/plan.js'

/** Everything before consent. */
export default class Plan extends BaseCommand {
  static override summary = 'show what an upgrade would do; changes nothing'
  static override examples = ['{program} plan', '{program} plan osm --to 0.11.1 -n osm-system -o json']
  static override args = flags.upgradeArgs
  static override flags = {
    ...flags.planningFlags,
    accept: flags.consentFlags.accept,
    ...flags.planHookFlags,
    ...freezeFlags,
    ...flags.outputFlags,
  }

  /** Plans and shows. */
  async run(): Promise<void> {
    const request = upgradeRequest(this.words)
    const plan = await planMaybeToFile(request, await this.connectForReading(), {
      words: this.words,
      tell: (message) => this.progress.sink({ type: 'note', message }),
    })
    const showDiff = this.words.flags['show-diff'] === true
    this.emit(plan, (view) => formatPlan(plan, { ...view, showDiff }))
    process.exitCode = exitCodeOfPlan(plan, this.words.flags['detailed-exitcode'] === true)
  }
}
