/**
 * The way from words to a command: the words are judged against the manifest, so that help, completion
 * and misuse are answered without loading oclif; only then is one command loaded and run.
 */
import { exitCodes } from '../errors.js'
import { chooseCommand, type Choice } from './argv.js'
import type { Manifest } from './manifest.js'
import { surviveOutputLoss } from './output-loss.js'
import { programOf, type Program } from './program.js'

export interface LaunchOptions {
  argv: string[]
  /** Folder with package.json. */
  root: string
  manifest: Manifest
}

/** Runs the program and ends the process. */
export async function launch(options: LaunchOptions): Promise<void> {
  const lostOutput = surviveOutputLoss([process.stdout, process.stderr])
  const program = programOf(process.argv[1] ?? '', process.env)
  const choice = chooseCommand(options.argv, options.manifest.commands, program)
  process.exitCode = await perform(choice, options, program)
  await flush()
  const lost = lostOutput()
  if (lost) {
    process.stderr.write(`write the output: ${lost.message}\n`)
    process.exitCode ||= exitCodes.error
  }
  // Kept-alive connections must not keep the process.
  process.exit()
}

async function perform(choice: Choice, options: LaunchOptions, program: Program): Promise<number> {
  const { manifest, root } = options
  switch (choice.type) {
    case 'version':
      process.stdout.write(`kubectl-mesh-upgrade ${manifest.version}\n`)
      return exitCodes.done
    case 'complete': {
      const { complete } = await import('./completion.js')
      process.stdout.write(complete(choice.words, manifest, program))
      return exitCodes.done
    }
    case 'help': {
      const { formatHelp } = await import('./help.js')
      process.stdout.write(formatHelp(manifest, program.name, choice.command, process.stdout.columns || 100))
      return exitCodes.done
    }
    case 'misuse':
      return misuse(choice, program)
    case 'run': {
      const { runCommand } = await import('./run-command.js')
      return runCommand(choice.command, choice.words, { root, program, version: manifest.version })
    }
  }
}

async function misuse(choice: Choice & { type: 'misuse' }, program: Program): Promise<number> {
  const { writeFailure } = await import('./write-failure.js')
  const { UpgradeError } = await import('../errors.js')
  // The judge is the plugin itself, and `upgrade` is what a line without a command means.
  const command = choice.command && program.mode === 'kubectl' ? ` ${choice.command}` : ''
  const error = new UpgradeError('Usage', choice.message, { help: `${program.name}${command} --help` })
  return writeFailure(error, { output: choice.output, program, debug: false })
}

async function flush(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writable) await new Promise<void>((resolve) => stream.write('', () => resolve()))
  }
}
