import { Args } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.js'
import { outputFlags } from '../cli/flags.js'
import { closest } from '../cli/words.js'
import { UpgradeError } from '../errors.js'
import { findingCodes } from '../model/finding-codes.js'
import { documentOf } from '../report/document.js'
import { formatExplanation } from '../report/explain.js'

/** What a finding code means. */
export default class Explain extends BaseCommand {
  static override summary = 'tell what a finding code means, how it is found and what cures it'
  static override examples = ['{program} explain MU203', '{program} explain']
  static override args = { code: Args.string({ description: 'such as MU203; without it all are listed' }) }
  static override flags = outputFlags

  /** Looks up and shows. */
  async run(): Promise<void> {
    const code = this.words.args.code?.toUpperCase()
    const codes = code === undefined ? findingCodes : { [code]: entryOf(code) }
    const items = Object.entries(codes).map(([each, entry]) => ({ code: each, ...entry }))
    this.emit(documentOf('FindingCodeList', { items }), (view) => formatExplanation(codes, view))
  }
}

function entryOf(code: string): (typeof findingCodes)[string] {
  const entry = Object.hasOwn(findingCodes, code) ? findingCodes[code] : undefined
  if (entry) return entry
  const close = closest(code, Object.keys(findingCodes))
  const hint = close === undefined ? '' : ` (did you mean ${close}?)`
  throw new UpgradeError('Usage', `unknown finding code: ${code}${hint}`, {
    help: '{program} explain',
  })
}
