import { BaseCommand } from '../../cli/base-command.js'
import * as flags from '../../cli/flags.js'
import { releaseOf } from '../../cli/request.js'
import { UpgradeError } from '../../errors.js'
import { formatCrdBackup } from '../../report/crd-backup.js'
import { documentOf } from '../../report/document.js'
import { backupCrds } from '../../workflows/crds-backup.js'

/** CRDs and their custom resources in a folder. */
export default class CrdsBackup extends BaseCommand {
  static override summary = 'back up CRDs and all of their custom resources to a folder; changes nothing'
  static override examples = [
    '{program} crds backup osm --to ./backup',
    '{program} crds backup --group access.smi-spec.io --group split.smi-spec.io --to ./backup',
  ]
  static override args = flags.releaseArg
  static override flags = { ...flags.crdBackupFlags, ...flags.clusterFlags, ...flags.outputFlags }

  /** Reads, writes, reads back and tells. */
  async run(): Promise<void> {
    const { to, group } = this.words.flags
    if (typeof to !== 'string') throw new UpgradeError('Usage', 'crds backup needs --to FOLDER')
    const groups = Array.isArray(group) ? group : []
    const wish = { ...releaseOf(this.words), groups, folder: to }
    const backup = await backupCrds(wish, await this.connectForUpgrade())
    this.emit(documentOf('CrdBackup', backup), (view) => formatCrdBackup(backup, view))
  }
}
