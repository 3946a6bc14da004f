import { BaseCommand } from '../cli/base-command.js'
import * as flags from '../cli/flags.js'
import { releaseOf } from '../cli/request.js'
import { readStatus } from '../inspect.js'
import { documentOf } from '../report/document.js'
import { formatStatus } from '../report/status.js'

/** Installed meshes and what is published for them. */
export default class Status extends BaseCommand {
  static override summary = 'list installed meshes, their versions and what is available; changes nothing'
  static override examples = ['{program} status', '{program} status osm -n osm-system -o yaml']
  static override args = flags.releaseArg
  static override flags = { ...flags.clusterFlags, ...flags.outputFlags }

  /** Reads and shows. */
  async run(): Promise<void> {
    const meshes = await readStatus(releaseOf(this.words), await this.connectForReading())
    this.emit(documentOf('MeshStatusList', { items: meshes }), (view) => formatStatus(meshes, view))
  }
}
