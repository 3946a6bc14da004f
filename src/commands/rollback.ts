import { ChangingCommand } from '../cli/changing-command.js'
import * as flags from '../cli/flags.js'
import { runWishes, runWishOf } from '../cli/request.js'
import { withHooks } from '../model/rollback-plan.js'
import { questionOf } from '../report/question.js'
import { formatRollback } from '../report/rollback.js'
import { findRun, wishedRun } from '../workflows/find-run.js'
import { planWithHooks, rollbackFacts } from '../workflows/hooks.js'
import { beforeRollback, performRollback, prepareRollback } from '../workflows/rollback.js'

/** Back to before a run. */
export default class Rollback extends ChangingCommand {
  static override summary = 'go back to before a run: release, values, CRDs and custom resources'
  static override examples = ['{program} rollback', '{program} rollback osm -n osm-system --yes']
  static override args = flags.releaseArg
  static override flags = {
    ...flags.runFlags,
    ...flags.clusterFlags,
    ...flags.consentFlags,
    ...flags.hookFlags,
    ...flags.outputFlags,
  }

  /** Plans the way back, shows, asks, performs and tells how it ended. */
  async run(): Promise<void> {
    const ports = await this.connectForUpgrade()
    const found = await wishedRun(await findRun(runWishOf(this.words), ports), runWishes(this.words), true)
    const { hooks } = found.request
    const prepare = async () => withHooks(await prepareRollback(found, ports), hooks, ports.redact)
    if (this.words.flags['dry-run'] !== 'none') {
      const planned = await prepare()
      return this.emit(planned, (view) => formatRollback(planned, view))
    }
    await beforeRollback(found, ports)
    const wish = { ...found.plan.release, releaseName: found.plan.release.name, ...(hooks ? { hooks } : {}) }
    const rollback = await planWithHooks(wish, ports, prepare, rollbackFacts)
    this.showBeforeAsking(rollback, (view) => formatRollback(rollback, view))
    const consent = await this.ask({ ...rollback, question: questionOf(rollback) }, ports)
    if (consent === 'declined') {
      return this.conclude({ plan: found.plan, result: 'declined', doneSteps: [], elapsedMs: 0 })
    }
    this.conclude(await performRollback({ found, rollback }, consent, ports, this.beginChanges()))
  }
}
