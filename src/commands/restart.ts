import { ChangingCommand } from '../cli/changing-command.js'
import { exitCodeOfPlan } from '../cli/exit-code.js'
import * as flags from '../cli/flags.js'
import { restartFlags } from '../cli/repair-flags.js'
import { repairWishOf } from '../cli/request.js'
import { UpgradeError } from '../errors.js'
import { formatRepair, repairQuestion } from '../report/repair.js'
import { performRepair } from '../workflows/perform-repair.js'
import { prepareRestart } from '../workflows/prepare-repair.js'

/** The mesh's own workloads, one after the other. */
export default class Restart extends ChangingCommand {
  static override summary = "restart the mesh's own workloads one after the other, waiting for each"
  static override examples = [
    '{program} restart osm -n osm-system --control-plane',
    '{program} restart --control-plane --delete-pods --yes',
  ]
  static override args = flags.releaseArg
  static override flags = { ...restartFlags, ...flags.clusterFlags, ...flags.outputFlags }

  /** Plans, shows, asks, restarts and tells. */
  async run(): Promise<void> {
    if (this.words.flags['control-plane'] !== true) throw dataPlane()
    const way = this.words.flags['delete-pods'] === true ? 'delete-pods' : 'rollout'
    const wish = { ...repairWishOf(this.words), way } as const
    if (this.words.flags['dry-run'] !== 'none') {
      const { plan } = await prepareRestart(wish, await this.connectForReading())
      this.emit(plan, (view) => formatRepair(plan, view))
      process.exitCode = exitCodeOfPlan(plan, false)
      return
    }
    const ports = await this.connectForUpgrade()
    const prepared = await prepareRestart(wish, ports)
    const { plan } = prepared
    const ended = { plan, doneSteps: [], elapsedMs: 0 }
    if (plan.verdict !== 'ready')
      return this.conclude({ ...ended, result: plan.verdict }, (view) => `${formatRepair(plan, view)}\n`)
    this.showBeforeAsking(plan, (view) => formatRepair(plan, view))
    const consent = await this.ask({ ...plan, question: repairQuestion(plan) }, ports)
    if (consent === 'declined') return this.conclude({ ...ended, result: 'declined' })
    this.conclude(await performRepair(prepared, consent, ports, this.beginChanges()))
  }
}

function dataPlane(): UpgradeError {
  return new UpgradeError(
    'NotBuilt',
    'restart without --control-plane is not available: it is for the workloads whose pods have sidecars of the mesh',
    {
      remedy:
        'Restart them by hand, one namespace after the other: kubectl rollout restart deployment,statefulset,daemonset -n NAMESPACE; for the mesh itself: {program} restart --control-plane',
    },
  )
}
