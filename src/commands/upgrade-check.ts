import { BaseCommand } from '../cli/base-command.js'
import { exitCodeOfPlan } from '../cli/exit-code.js'
import * as flags from '../cli/flags.js'
import { judgeRequest } from '../cli/request.js'
import { formatPlan } from '../report/plan.js'
import { prepareUpgrade } from '../upgrade.js'

/** Judges a helm command as it is typed; the only command of the helm plugin. */
export default class UpgradeCheck extends BaseCommand {
  static override summary = 'judge a helm upgrade before it is run; changes nothing'
  static override description =
    'Takes the words of `helm upgrade` and says whether that very command will do: same values, no CRD update. ' +
    'Where it will not, it says what kubectl mesh-upgrade would do instead.'
  static override examples = [
    '{program} osm osm/osm --version 0.11.1',
    '{program} osm ./charts/osm -f values.yaml --reuse-values --detailed-exitcode',
  ]
  static override hidden = true
  static override args = flags.upgradeArgs
  static override flags = {
    ...flags.clusterFlags,
    ...flags.chartFlags,
    ...flags.valueFlags,
    ...flags.helmFlags,
    ...flags.planFlags,
    ...flags.outputFlags,
  }

  /** Plans as helm would do it, and shows. */
  async run(): Promise<void> {
    const request = judgeRequest(this.words)
    const { plan } = await prepareUpgrade(request, await this.connectForReading())
    const showDiff = this.words.flags['show-diff'] === true
    this.emit(plan, (view) => formatPlan(plan, { ...view, showDiff }))
    process.exitCode = exitCodeOfPlan(plan, this.words.flags['detailed-exitcode'] === true)
  }
}
