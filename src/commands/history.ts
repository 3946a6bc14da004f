import { BaseCommand } from '../cli/base-command.js'
import * as flags from '../cli/flags.js'
import { releaseOf } from '../cli/request.js'
import { documentOf } from '../report/document.js'
import { formatHistory } from '../report/history.js'
import { readHistory } from '../workflows/history.js'

/** Runs and outcomes. */
export default class History extends BaseCommand {
  static override summary = 'list the runs of a release: who, when, from, to, how long and how it ended'
  static override examples = ['{program} history', '{program} history osm -n osm-system -o json']
  static override args = flags.releaseArg
  static override flags = { ...flags.clusterFlags, ...flags.outputFlags }

  /** Reads and shows. */
  async run(): Promise<void> {
    const { release, items } = await readHistory(releaseOf(this.words), await this.connectForReading())
    const document = documentOf('RunHistory', { release: release.name, namespace: release.namespace, items })
    this.emit(document, (view) => formatHistory(release, items, view))
  }
}
