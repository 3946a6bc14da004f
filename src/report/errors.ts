import { exitCodes, UpgradeError } from '../errors.js'
import { planApiVersion } from '../model/plan.js'
import { wrap } from './text.js'
import { themeOf } from './theme.js'
import type { View } from './view.js'

/** What stdout carries instead of a result with `-o json`. */
export interface ErrorDocument {
  apiVersion: typeof planApiVersion
  kind: 'Error'
  code: string
  message: string
  /** In what state things are; absent where nothing could have changed. */
  state?: string
  remedy: string
  exitCode: number
}

/** An error of any kind as a document; what is no `UpgradeError` is a defect of ours. */
export function errorDocument(error: unknown, program: string, state?: string): ErrorDocument {
  const stated = state === undefined ? {} : { state: nameProgram(state, program) }
  const head = { apiVersion: planApiVersion, kind: 'Error' } as const
  if (error instanceof UpgradeError) {
    const { code, message, exitCode } = error
    return { ...head, code, message, ...stated, remedy: remedyOf(error, program), exitCode }
  }
  return {
    ...head,
    code: 'Internal',
    message: error instanceof Error ? error.message : String(error),
    ...stated,
    remedy: 'This is a defect: run the command again with --debug and report what it prints',
    exitCode: exitCodes.error,
  }
}

function remedyOf(error: UpgradeError, program: string): string {
  if (error.code !== 'Usage') return nameProgram(error.remedy, program)
  return `See ${(error.details.help ?? '{program} --help').replace('{program}', program)}`
}

/** The error for a person: what went wrong, then what helps. */
export function formatError(document: ErrorDocument, view: View): string {
  const theme = themeOf(view)
  const state = document.state === undefined ? '' : `; ${document.state}`
  const message = wrap(`Error: ${document.message}${state}`, view.width, { hang: 7 })
  const first = message.replace(/^Error:/, theme.bad('Error:'))
  if (document.code === 'Usage') return `${first}\n${document.remedy}\n`
  return `${first}\n${wrap(`→ ${document.remedy}`, view.width, { indent: 2, hang: 2 })}\n`
}

/**
 * Commands of ours are shown by the name that was typed; the helm plugin has no commands but the judge,
 * so that under helm they are kubectl's.
 */
export function nameProgram(text: string, program: string): string {
  const name = program.startsWith('helm ') ? 'kubectl mesh-upgrade' : program
  return text.replaceAll(/\{program\}|\bkubectl mesh-upgrade\b/g, name)
}
