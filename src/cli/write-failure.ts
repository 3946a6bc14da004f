import { errorDocument, formatError } from '../report/errors.js'
import { hideUrlPasswords } from '../model/redaction.js'
import { formatDocument } from '../report/document.js'
import type { Program } from './program.js'
import { viewOf } from './terminal.js'

export interface FailureOptions {
  output: string
  program: Program
  debug: boolean
  noColor?: boolean
  /** In what state things are. */
  state?: string | undefined
}

/** Tells the person, or the program that reads stdout, what went wrong; the result is the exit code. */
export function writeFailure(error: unknown, options: FailureOptions): number {
  const { output, program, debug } = options
  const document = errorDocument(error, program.name, options.state)
  if (output === 'json' || output === 'yaml')
    process.stdout.write(hideUrlPasswords(formatDocument(document, output)))
  const view = viewOf(process.stderr, process.env, {
    noColor: options.noColor ?? false,
    program: program.name,
  })
  process.stderr.write(hideUrlPasswords(formatError(document, view)))
  if (debug && error instanceof Error) process.stderr.write(hideUrlPasswords(`${traceOf(error)}\n`))
  return document.exitCode
}

function traceOf(error: Error): string {
  const trace = error.stack ?? error.message
  return error.cause instanceof Error ? `${trace}\ncaused by ${traceOf(error.cause)}` : trace
}
