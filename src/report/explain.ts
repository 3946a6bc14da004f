import type { FindingCode } from '../model/finding-codes.js'
import { nameProgram } from './errors.js'
import { pad, tableRows, wrap } from './text.js'
import { themeOf } from './theme.js'
import type { View } from './view.js'

/** One code, or all of them as a list. */
export function formatExplanation(codes: Readonly<Record<string, FindingCode>>, view: View): string {
  const theme = themeOf(view)
  const entries = Object.entries(codes)
  const [only] = entries
  if (entries.length !== 1 || !only) {
    const rows = entries.map(([code, { title }]) => [theme.strong(code), title])
    return `${tableRows(rows, view.width).flat().join('\n')}\n`
  }
  const [code, { title, found, remedy }] = only
  const lines = [
    `${theme.strong(code)}  ${title}`,
    '',
    ...labelled('found', found, view),
    ...labelled('remedy', nameProgram(remedy, view.program), view),
  ]
  return `${lines.join('\n')}\n`
}

function labelled(label: string, text: string, view: View): string[] {
  const lines = wrap(text, view.width - 8).split('\n')
  return lines.map((line, index) => pad(index === 0 ? label : '', 8) + line)
}
