import { ChangingCommand } from '../../cli/changing-command.js'
import * as flags from '../../cli/flags.js'
import { releaseOf, retentionRule } from '../../cli/request.js'
import { exitCodes, UpgradeError } from '../../errors.js'
import type { PruneChoice } from '../../model/run-retention.js'
import type { ReleaseName } from '../../model/release.js'
import { documentOf } from '../../report/document.js'
import { formatPrune } from '../../report/history.js'
import { planPrune, pruneRuns } from '../../workflows/history.js'

/** Deletes old runs and their backups. */
export default class HistoryPrune extends ChangingCommand {
  static override summary = 'delete old runs and their backups from this machine, by age and count'
  static override examples = [
    '{program} history prune osm -n osm-system --keep 5 --dry-run',
    '{program} history prune osm -n osm-system --older-than 90d --yes',
  ]
  static override args = flags.releaseArg
  static override flags = { ...flags.clusterFlags, ...flags.pruneFlags, ...flags.outputFlags }

  /** Shows, asks, deletes and tells. */
  async run(): Promise<void> {
    const { yes } = this.words.flags
    const ports = await this.connectForUpgrade()
    const rule = retentionRule(this.words, ports.clock.now())
    const { history, choices } = await planPrune(releaseOf(this.words), rule, ports)
    const { release } = history
    const isIdle = choices.every(({ why }) => why !== undefined)
    if (isIdle || this.words.flags['dry-run'] !== 'none') return this.show(release, choices, 'planned')
    this.tell((view) => formatPrune(release, choices, 'planned', view))
    if (yes !== true && !ports.prompter.canAsk)
      throw new UpgradeError('NoTerminal', 'ask whether to delete runs: there is no terminal', {
        consents: '--yes',
      })
    if (yes !== true && !(await ports.prompter.confirm('Delete them?'))) {
      process.exitCode = exitCodes.declined
      return this.show(release, choices, 'planned')
    }
    const gone = await pruneRuns(history, choices, ports, this.beginChanges())
    const isGone = (run: string): boolean => gone.some((item) => item.run === run)
    this.show(
      release,
      choices.filter(({ item, why }) => why !== undefined || isGone(item.run)),
      'deleted',
    )
    process.exitCode = this.interrupts?.exitCode() ?? exitCodes.done
  }

  private show(release: ReleaseName, choices: readonly PruneChoice[], done: 'deleted' | 'planned'): void {
    const items = choices.map(({ item, why }) => ({ ...item, ...(why ? { stays: why } : { [done]: true }) }))
    const freed = choices.reduce((sum, { item, why }) => (why ? sum : sum + item.kept.bytes), 0)
    const place = { release: release.name, namespace: release.namespace }
    const document = documentOf('PrunedRuns', { ...place, result: done, bytesFreed: freed, items })
    this.emit(document, (view) => formatPrune(release, choices, done, view))
  }
}
