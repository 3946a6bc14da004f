import { BaseCommand } from '../../cli/base-command.js'
import { exitCodeOfCrds } from '../../cli/exit-code.js'
import * as flags from '../../cli/flags.js'
import { upgradeRequest } from '../../cli/request.js'
import { formatCrdDiff } from '../../report/crd-backup.js'
import { documentOf } from '../../report/document.js'
import { prepareUpgrade } from '../../upgrade.js'

/** How the CRDs of the target differ from those of the cluster. */
export default class CrdsDiff extends BaseCommand {
  static override summary = 'compare the CRDs of release notes, target chart and cluster; changes nothing'
  static override examples = [
    '{program} crds diff osm --to 0.10.0',
    '{program} crds diff osm ./charts/osm --detailed-exitcode',
  ]
  static override args = flags.upgradeArgs
  static override flags = { ...flags.planningFlags, ...flags.outputFlags }

  /** Plans, and shows what the plan says of CRDs. */
  async run(): Promise<void> {
    const { plan } = await prepareUpgrade(upgradeRequest(this.words), await this.connectForReading())
    const findings = plan.findings.filter(({ code }) => code.startsWith('MU2'))
    const items = plan.hops.map(({ from, to, crds }) => ({ from, to, crds }))
    this.emit(documentOf('CrdDiff', { items, findings }), (view) => formatCrdDiff(plan, view))
    process.exitCode = exitCodeOfCrds(plan, this.words.flags['detailed-exitcode'] === true)
  }
}
