import { ChangingCommand } from '../cli/changing-command.js'
import * as flags from '../cli/flags.js'
import { runWishes, runWishOf } from '../cli/request.js'
import { findRun, wishedRun } from '../workflows/find-run.js'
import { resumeUpgrade } from '../workflows/resume.js'
import { resumeRepair } from '../workflows/perform-repair.js'
import { resumeRollback } from '../workflows/rollback.js'

/** After an interruption. */
export default class Resume extends ChangingCommand {
  static override summary = 'go on with an interrupted run, from what is true in the cluster'
  static override examples = ['{program} resume', '{program} resume osm -n osm-system']
  static override args = flags.releaseArg
  static override flags = {
    ...flags.runFlags,
    ...flags.unattendedFlags,
    ...flags.clusterFlags,
    ...flags.hookFlags,
    ...flags.outputFlags,
  }

  /** The consent of the run still holds: nothing is done that it does not cover. */
  async run(): Promise<void> {
    const connected = await this.connectForUpgrade()
    const { prompter } = connected
    const ports =
      this.words.flags.yes === true ? { ...connected, prompter: { ...prompter, canAsk: false } } : connected
    const found = await wishedRun(await findRun(runWishOf(this.words), ports), runWishes(this.words), false)
    const { rollback } = found
    const interrupts = this.beginChanges()
    this.conclude(
      rollback
        ? await resumeRollback({ ...found, rollback }, ports, interrupts)
        : found.plan.purpose
          ? await resumeRepair(found, ports, interrupts)
          : await resumeUpgrade(found, ports, interrupts),
    )
  }
}
