import { formatRef, type ObjectRef } from '../model/object-ref.js'
import type { Finding, Severity } from '../model/finding.js'
import { nameProgram } from './errors.js'
import { commandLines, count, wrap } from './text.js'
import { themeOf, type Theme } from './theme.js'
import type { View } from './view.js'

const order: Severity[] = ['error', 'unknown', 'warning', 'info']
const indent = 9
const shownObjects = 5

/** Findings in order of weight, each with its evidence and remedy, ready to be joined by line ends. */
export function findingLines(findings: readonly Finding[], view: View): string[] {
  const sorted = [...findings].sort(
    (left, right) => order.indexOf(left.severity) - order.indexOf(right.severity),
  )
  return sorted.flatMap((finding) => oneFinding(finding, view))
}

function oneFinding(finding: Finding, view: View): string[] {
  const theme = themeOf(view)
  const place = [finding.object ? formatRef(finding.object) : '', finding.field ?? '']
    .filter(Boolean)
    .join(' ')
  const subject = place === '' || finding.message.includes(place) ? '' : `${place}: `
  const body = wrap(subject + finding.message, view.width - indent).split('\n')
  const lines = body.map((line, index) =>
    index === 0
      ? `${mark(finding.severity, theme)} ${theme.strong(finding.code)}  ${line}`
      : ' '.repeat(indent) + line,
  )
  if (finding.objects) lines.push(theme.quiet(wrap(objectList(finding.objects), view.width, { indent })))
  for (const text of finding.evidence) lines.push(theme.quiet(wrap(text, view.width, { indent })))
  return [...lines, ...remedyLines(finding, view)]
}

function objectList(objects: readonly ObjectRef[]): string {
  const shown = objects.slice(0, shownObjects).map(formatRef).join(', ')
  const more = objects.length - shownObjects
  return more > 0 ? `${shown} and ${more} more` : shown
}

function remedyLines({ remedy }: Finding, view: View): string[] {
  if (!remedy) return []
  const theme = themeOf(view)
  const accept = remedy.consent === undefined ? '' : ` · accept: --accept ${remedy.consent}`
  const text = wrap(`→ ${nameProgram(remedy.text, view.program)}${accept}`, view.width, { indent, hang: 2 })
  const commands = remedy.commands.flatMap((command) =>
    commandLines(nameProgram(command, view.program), view.width, indent + 2),
  )
  return [text, ...commands.map((line) => theme.command(line))]
}

/** The sign before a finding. */
export function mark(severity: Severity, theme: Theme): string {
  if (severity === 'error') return theme.bad('✖')
  if (severity === 'warning') return theme.warn('⚠')
  return severity === 'unknown' ? theme.warn('?') : theme.quiet('ℹ')
}

/** `1 error, 2 warnings`; empty where there is neither. */
export function findingCounts(findings: readonly Finding[]): string {
  const number = (severity: Severity): number =>
    findings.filter((finding) => finding.severity === severity).length
  const parts = [
    number('error') > 0 ? count(number('error'), 'error') : '',
    number('unknown') > 0 ? `${number('unknown')} unknown` : '',
    number('warning') > 0 ? count(number('warning'), 'warning') : '',
  ]
  return parts.filter(Boolean).join(', ')
}
