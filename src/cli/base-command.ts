import { Command } from '@oclif/core'
import type { ConnectOptions } from '../adapters/connect.js'
import { UpgradeError } from '../errors.js'
import type { ProgressEvent } from '../model/progress.js'
import type { ReadPorts, WritePorts } from '../ports/ports.js'
import { formatDocument } from '../report/document.js'
import { nameProgram } from '../report/errors.js'
import type { View } from '../report/view.js'
import { watchInterrupts, type InterruptWatch } from './interrupts.js'
import { programOf, type Program } from './program.js'
import { progressDisplay, type ProgressDisplay } from './progress-display.js'
import { connectOptions, withHelmNamespace } from './request.js'
import { viewOf, wantsColour } from './terminal.js'
import { readWords, type CommandShape, type ReadWords } from './words.js'
import { writeFailure } from './write-failure.js'

/**
 * What all commands share: words are read by our own rules, the result goes to stdout once and in the
 * form that was asked for, everything else to stderr, and every error ends in one exit code.
 */
export abstract class BaseCommand extends Command {
  protected words: ReadWords = { flags: {}, args: {}, rest: [] }
  protected program: Program = { name: '', mode: 'kubectl', completing: false }
  protected progress: ProgressDisplay = {
    sink: () => undefined,
    say: () => undefined,
    clear: () => undefined,
  }
  protected interrupts: InterruptWatch | undefined

  /** Runs the command. oclif's own way in would look for plugins first, and read the configuration again. */
  perform(): Promise<unknown> {
    return this._run()
  }

  protected override async init(): Promise<void> {
    this.parsed = true
    this.program = programOf(process.argv[1] ?? '', process.env)
    const words = readWords(this.argv, shapeOf(this.ctor))
    if (words.misuse !== undefined) throw new UpgradeError('Usage', words.misuse)
    this.words = withHelmNamespace(words, this.program, process.env)
    this.progress = this.openProgress()
    this.interrupts = this.openInterrupts()
  }

  protected override catch(error: Error & { exitCode?: number }): Promise<void> {
    this.progress.clear()
    const { output, program } = this
    const noColor = this.words.flags['no-color'] === true
    const code = writeFailure(error, {
      ...{ output, program, noColor },
      debug: this.debugging,
      state: this.stateAfter(error),
    })
    process.exitCode = this.interrupts?.exitCode() ?? code
    return Promise.resolve()
  }

  /** In what state an error leaves things; a command that changes nothing need not say so. */
  protected stateAfter(_error: Error): string | undefined {
    return undefined
  }

  /** Readers only: nothing that they are asked changes the cluster. */
  protected async connectForReading(): Promise<ReadPorts> {
    const { connectForReading } = await import('../adapters/connect.js')
    return connectForReading(this.connectOptions, this.progress.sink)
  }

  protected async connectForUpgrade(): Promise<WritePorts> {
    const { connectForUpgrade } = await import('../adapters/connect.js')
    const signal = this.interrupts?.stopNow
    return connectForUpgrade({ ...this.connectOptions, ...(signal ? { signal } : {}) }, this.progress.sink)
  }

  /** Writes the result: a document, or text for a person. */
  protected emit(document: object, format: (view: View) => string): void {
    this.progress.clear()
    const { output } = this
    const text = output === 'text' ? format(this.view(process.stdout)) : formatDocument(document, output)
    process.stdout.write(nameProgram(text, this.program.name))
  }

  /** Writes for the person at the terminal what is not the result. */
  protected tell(format: (view: View) => string): void {
    this.progress.clear()
    process.stderr.write(format(this.view(process.stderr)))
  }

  protected get output(): 'text' | 'json' | 'yaml' {
    const { output } = this.words.flags
    return output === 'json' || output === 'yaml' ? output : 'text'
  }

  private get debugging(): boolean {
    return (
      this.words.flags.debug === true || (this.program.mode === 'helm' && process.env.HELM_DEBUG === 'true')
    )
  }

  private get connectOptions(): ConnectOptions {
    return { ...connectOptions(this.words, this.program, process.env), version: this.config.version }
  }

  private view(stream: NodeJS.WriteStream): View {
    return viewOf(stream, process.env, {
      noColor: this.words.flags['no-color'] === true,
      program: this.program.name,
    })
  }

  private openProgress(): ProgressDisplay {
    const { stderr, env } = process
    const colour = wantsColour(stderr, env, this.words.flags['no-color'] === true)
    const rewrites = stderr.isTTY && env.TERM !== 'dumb'
    const quiet = this.words.flags.quiet === true
    const display = progressDisplay({ stream: stderr, quiet, colour, rewrites })
    const sink = (event: ProgressEvent): void => {
      this.followSteps(event)
      display.sink(this.named(event))
    }
    return { ...display, sink }
  }

  /** Whoever interrupts is told what is at work. */
  private followSteps(event: ProgressEvent): void {
    if (event.type === 'step-started') this.interrupts?.stepStarts(event.title, event.timeoutMs)
    if (event.type === 'step-done' || event.type === 'step-failed') this.interrupts?.stepEnds()
  }

  /** Notes may show commands of ours. */
  private named(event: ProgressEvent): ProgressEvent {
    return event.type === 'note'
      ? { ...event, message: nameProgram(event.message, this.program.name) }
      : event
  }

  private openInterrupts(): InterruptWatch {
    return watchInterrupts({
      onSignal: (signal, listener) => process.on(signal, listener),
      say: (text) => this.progress.say(text),
      now: () => performance.now(),
      later: (ms, callback) => void setTimeout(callback, ms).unref(),
      exit: (code, text) => {
        this.progress.clear()
        this.writeInterrupted(code, text)
        process.exit(code)
      },
    })
  }

  private writeInterrupted(exitCode: number, message: string): void {
    process.stderr.write(`${message}\n`)
    if (this.output === 'text') return
    const document = { apiVersion: 'mesh-upgrade.dev/v1alpha1', kind: 'Error', code: 'Interrupted' }
    const rest = { message, remedy: 'Run the command again', exitCode }
    process.stdout.write(formatDocument({ ...document, ...rest }, this.output))
  }
}

/** What `words.ts` has to know, from oclif's definitions. */
function shapeOf(command: typeof Command): CommandShape {
  const flags = Object.entries(command.flags).map(([name, flag]) => [name, { ...flag, name }] as const)
  const args = Object.entries(command.args).map(([name, arg]) => [name, { ...arg, name }] as const)
  return { id: command.id, flags: Object.fromEntries(flags), args: Object.fromEntries(args) }
}
