import { BaseCommand } from '../cli/base-command.js'
import { exitCodeOfVerdict } from '../cli/exit-code.js'
import * as flags from '../cli/flags.js'
import { releaseOf } from '../cli/request.js'
import { verifyRelease } from '../inspect.js'
import { documentOf } from '../report/document.js'
import { formatVerdict } from '../report/verdict.js'

/** The post-checks alone. */
export default class Verify extends BaseCommand {
  static override summary = 'check that a mesh is whole: release, workloads, CRDs; changes nothing'
  static override examples = ['{program} verify', '{program} verify osm -n osm-system -o json']
  static override args = flags.releaseArg
  static override flags = { ...flags.clusterFlags, ...flags.outputFlags }

  /** Checks and shows. */
  async run(): Promise<void> {
    const verdict = await verifyRelease(releaseOf(this.words), await this.connectForReading())
    this.emit(documentOf('Verdict', verdict), (view) => formatVerdict(verdict, view))
    process.exitCode = exitCodeOfVerdict(verdict)
  }
}
