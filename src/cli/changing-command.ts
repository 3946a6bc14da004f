import { UpgradeError } from '../errors.js'
import type { Interrupts } from '../ports/interrupts.js'
import type { Consent } from '../model/consent.js'
import type { UpgradeOutcome } from '../model/outcome.js'
import type { WritePorts } from '../ports/ports.js'
import { documentOf } from '../report/document.js'
import { formatOutcome } from '../report/outcome.js'
import type { View } from '../report/view.js'
import { askConsent, type ToConsent } from '../upgrade.js'
import { BaseCommand } from './base-command.js'
import { exitCodeOfOutcome } from './exit-code.js'

/** What commands share that change the cluster: ask, do, tell how it ended. */
export abstract class ChangingCommand extends BaseCommand {
  private mayHaveChanged = false

  /** From here on a signal asks for an end in good order; what it stops. */
  protected beginChanges(): Interrupts {
    this.mayHaveChanged = true
    const { interrupts } = this
    interrupts?.changesBegin()
    const never = new AbortController().signal
    return interrupts ?? { finishStep: never, stopNow: never }
  }

  /** What is thrown comes before the first change; anything else would be a defect. */
  protected override stateAfter(error: Error): string {
    if (error instanceof UpgradeError || !this.mayHaveChanged) return 'nothing was changed'
    return 'something may have been changed: look at it with {program} status'
  }

  /** Throws `NoTerminal` where nobody can answer. */
  protected async ask(subject: ToConsent, ports: WritePorts): Promise<Consent | 'declined'> {
    const given = this.words.flags.accept
    const accepted = Array.isArray(given) ? given : []
    this.progress.clear()
    const consent = await askConsent(subject, { yes: this.words.flags.yes === true, accepted }, ports)
    // Ctrl-C at the prompt ends the question first and reaches us as a signal one turn later.
    if (consent === 'declined') await new Promise((resolve) => setTimeout(resolve, 50))
    const open = subject.consents.filter(({ id }) => !accepted.includes(id))
    const missing = open.map(({ id }) => `--accept ${id}`)
    if (consent === 'declined' && this.words.flags.yes === true) {
      this.tell(() => `--yes does not cover ${missing.join(' ')}\n`)
    }
    if (consent !== 'no-terminal') return consent
    const needed = missing.length > 0 ? `; the plan needs ${missing.join(' ')}` : ''
    const why = `ask for consent: there is no terminal, so that nobody can answer${needed}`
    const isYes = this.words.flags.yes === true
    throw new UpgradeError('NoTerminal', why, { consents: isYes ? missing.join(' ') : '--yes' })
  }

  /** Where stdout is kept for one document, what is consented to is shown on stderr. */
  protected showBeforeAsking(document: object, format: (view: View) => string): void {
    if (this.output === 'text') this.emit(document, (view) => `${format(view)}\n`)
    else if (this.words.flags.yes !== true) this.tell((view) => `${format(view)}\n`)
  }

  /** Tells how it ended; `above` comes first where the plan was not shown yet. */
  protected conclude(outcome: UpgradeOutcome, above: (view: View) => string = () => ''): void {
    const exitCode = exitCodeOfOutcome(outcome, this.interrupts?.exitCode())
    this.emit(documentOf('UpgradeOutcome', { ...outcome, exitCode }), (view) => {
      return above(view) + formatOutcome(outcome, view)
    })
    process.exitCode = exitCode
  }
}
