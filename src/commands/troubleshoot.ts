import { BaseCommand } from '../cli/base-command.js'
import { exitCodeOfDiagnosis } from '../cli/exit-code.js'
import * as flags from '../cli/flags.js'
import { releaseOf } from '../cli/request.js'
import { troubleshootRelease } from '../inspect.js'
import { formatDiagnosis } from '../report/diagnosis.js'
import { documentOf } from '../report/document.js'

/** The rollout as it is now, and what keeps it from finishing. */
export default class Troubleshoot extends BaseCommand {
  static override summary = 'find out what keeps a rollout from finishing; changes nothing'
  static override examples = ['{program} troubleshoot', '{program} --troubleshoot osm -n osm-system']
  static override args = flags.releaseArg
  static override flags = { ...flags.clusterFlags, ...flags.outputFlags }

  /** Diagnoses and shows. */
  async run(): Promise<void> {
    const diagnosis = await troubleshootRelease(releaseOf(this.words), await this.connectForReading())
    this.emit(documentOf('Diagnosis', diagnosis), (view) => formatDiagnosis(diagnosis, view))
    process.exitCode = exitCodeOfDiagnosis(diagnosis)
  }
}
