import { BaseCommand } from '../cli/base-command.js'
import { exitCodeOfUnlock } from '../cli/exit-code.js'
import * as flags from '../cli/flags.js'
import { releaseOf } from '../cli/request.js'
import { documentOf } from '../report/document.js'
import { formatUnlock } from '../report/unlock.js'
import { unlockRelease } from '../workflows/unlock-release.js'

/** Breaks a lock that was left behind, by the name of its run. */
export default class Unlock extends BaseCommand {
  static override summary = 'break the lock of a run whose holder is gone for good; it runs out by itself'
  static override examples = ['{program} unlock osm -n osm-system --run 20260101t120000z-a1b2c3']
  static override args = flags.releaseArg
  static override flags = { ...flags.clusterFlags, ...flags.unlockFlags, ...flags.outputFlags }

  /** Asks, breaks and tells. */
  async run(): Promise<void> {
    const { run: runId, yes } = this.words.flags
    const ports = await this.connectForUpgrade()
    const wish = {
      ...releaseOf(this.words),
      ...(typeof runId === 'string' ? { runId } : {}),
      yes: yes === true,
    }
    this.progress.clear()
    const outcome = await unlockRelease(wish, ports)
    this.emit(documentOf('UnlockOutcome', outcome), (view) => formatUnlock(outcome, view))
    process.exitCode = exitCodeOfUnlock(outcome.result)
  }
}
