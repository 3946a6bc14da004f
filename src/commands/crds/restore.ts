import { Args } from '@oclif/core'
import { ChangingCommand } from '../../cli/changing-command.js'
import { exitCodeOfRestore } from '../../cli/exit-code.js'
import * as flags from '../../cli/flags.js'
import type { CrdRestoreOutcome } from '../../model/crd-backup.js'
import { formatCrdRestore, formatCrdRestored } from '../../report/crd-backup.js'
import { documentOf } from '../../report/document.js'
import { isRestored, performCrdRestore, prepareCrdRestore } from '../../workflows/crds-restore.js'

/** CRDs and custom resources of a backup folder put back, without a run and without a release. */
export default class CrdsRestore extends ChangingCommand {
  static override summary = 'put CRDs and custom resources of a backup folder back'
  static override examples = [
    '{program} crds restore ./backup --dry-run',
    '{program} crds restore ./backup --yes --overwrite',
  ]
  static override args = {
    folder: Args.string({ required: true, description: 'folder of a backup: the one with index.json' }),
  }
  static override flags = { ...flags.crdRestoreFlags, ...flags.clusterFlags, ...flags.outputFlags }

  /** Compares, shows, asks, puts back and tells. */
  async run(): Promise<void> {
    const { folder = '' } = this.words.args
    const ports = await this.connectForUpgrade()
    const overwrite = this.words.flags.overwrite === true
    const prepared = await prepareCrdRestore({ folder, overwrite }, ports)
    const { plan } = prepared
    const document = documentOf('CrdRestorePlan', plan)
    if (this.words.flags['dry-run'] !== 'none')
      return this.emit(document, (view) => formatCrdRestore(plan, view))
    const nothing = { plan, crdsPutBack: [], created: 0, replaced: 0, left: 0, elapsedMs: 0 }
    if (isRestored(plan)) return this.tellEnd({ ...nothing, result: 'nothing-to-do' })
    this.showBeforeAsking(document, (view) => formatCrdRestore(plan, view))
    const question = `Put back what is missing from ${plan.folder}. Proceed?`
    const consent = await this.ask({ digest: plan.digest, consents: [], question }, ports)
    if (consent === 'declined') return this.tellEnd({ ...nothing, result: 'declined' })
    this.tellEnd(await performCrdRestore(prepared, consent, ports, this.beginChanges()))
  }

  private tellEnd(outcome: CrdRestoreOutcome): void {
    const exitCode = exitCodeOfRestore(outcome)
    this.emit(documentOf('CrdRestoreOutcome', { ...outcome, exitCode }), (view) =>
      formatCrdRestored(outcome, view),
    )
    process.exitCode = this.interrupts?.exitCode() ?? exitCode
  }
}
