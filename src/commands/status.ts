import { BaseCommand } from '../cli/base-command.js'
import { parseDuration } from '../cli/duration.js'
import { exitCodeOfWait } from '../cli/exit-code.js'
import * as flags from '../cli/flags.js'
import { releaseOf } from '../cli/request.js'
import { awaitRelease, readStatus } from '../inspect.js'
import { runPhases } from '../model/run-record.js'
import { documentOf } from '../report/document.js'
import { formatStatus, formatTimeout } from '../report/status.js'

/** Installed meshes, what is published for them, and who works on them. */
export default class Status extends BaseCommand {
  static override summary =
    'list installed meshes, their versions, their last run and what is available; changes nothing'
  static override examples = [
    '{program} status',
    '{program} status osm -n osm-system -o yaml',
    '{program} status osm --wait --timeout 30m',
  ]
  static override args = flags.releaseArg
  static override flags = { ...flags.clusterFlags, ...flags.statusFlags, ...flags.outputFlags }

  /** Reads and shows; with --wait once the run is over. */
  async run(): Promise<void> {
    const { wait } = this.words.flags
    if (wait !== undefined && wait !== 'false') return this.waitAndShow(String(wait))
    const meshes = await readStatus(releaseOf(this.words), await this.connectForReading())
    this.emit(documentOf('MeshStatusList', { items: meshes }), (view) => formatStatus(meshes, view))
  }

  private async waitAndShow(wanted: string): Promise<void> {
    const timeout = String(this.words.flags.timeout)
    const phase = runPhases.find((each) => each === wanted)
    const options = { timeoutMs: parseDuration(timeout, '--timeout'), ...(phase ? { phase } : {}) }
    const ports = await this.connectForReading()
    const { waited, status } = await awaitRelease(releaseOf(this.words), options, ports)
    const { state, timedOut, waitedMs } = waited
    const told = { state, timedOut, waitedMs, ...(phase ? { phase } : {}) }
    if (timedOut) this.tell((view) => formatTimeout(status, timeout, view))
    this.emit(documentOf('MeshStatusList', { items: [status], waited: told }), (view) =>
      formatStatus([status], view),
    )
    process.exitCode = exitCodeOfWait(waited, phase)
  }
}
