import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import * as flags from '../cli/flags.js'
import { writePrivateFile } from '../cli/private-file.js'
import { upgradeRequest } from '../cli/request.js'
import { documentOf } from '../report/document.js'
import { formatValues, valuesFile } from '../report/values.js'
import { prepareUpgrade } from '../upgrade.js'

/** What becomes of the values. */
export default class Values extends BaseCommand {
  static override summary =
    'show which values are carried, reset, renamed or dropped, and why; changes nothing'
  static override examples = ['{program} values osm --to 0.11.1', '{program} values osm --write values.yaml']
  static override args = flags.upgradeArgs
  static override flags = {
    write: Flags.string({
      helpGroup: 'output',
      description:
        'write the values that helm would be given, secrets included, to a file that only you can read',
    }),
    ...flags.clusterFlags,
    ...flags.chartFlags,
    ...flags.valueFlags,
    ...flags.imageFlags,
    ...flags.upgradeFlags,
    ...flags.outputFlags,
  }

  /** Plans, and shows or writes the values. */
  async run(): Promise<void> {
    const prepared = await prepareUpgrade(upgradeRequest(this.words), await this.connectForReading())
    const { plan } = prepared
    const payload = prepared.payloads.at(-1)
    const { write } = this.words.flags
    if (typeof write === 'string' && payload)
      await writePrivateFile(write, valuesFile(payload.values.reveal()))
    const releases = plan.hops.flatMap((hop) => hop.releases)
    const items = releases.map(({ name, namespace, values }) => ({ release: name, namespace, ...values }))
    const written = typeof write === 'string' ? { writtenTo: write } : {}
    this.emit(documentOf('ValuesPlan', { items, ...written }), (view) => {
      return formatValues(plan, view) + (typeof write === 'string' ? `\nwritten to ${write}\n` : '')
    })
  }
}
