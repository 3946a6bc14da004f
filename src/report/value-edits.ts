import type { ValueEdit } from '../model/plan.js'
import { pad, wrap } from './text.js'
import { themeOf } from './theme.js'
import type { View } from './view.js'

const actions: ValueEdit['action'][] = ['dropped', 'renamed', 'reset', 'overridden', 'added', 'carried']
const longestValue = 60

/** `4 carried · 1 reset (image.tag)`; where few, they are named. */
export function editSummary(edits: readonly ValueEdit[]): string {
  const parts = [...actions].reverse().flatMap((action) => {
    const some = edits.filter((edit) => edit.action === action)
    if (some.length === 0) return []
    const names =
      action === 'carried' || some.length > 3 ? '' : ` (${some.map((edit) => edit.path).join(', ')})`
    return [`${some.length} ${action}${names}`]
  })
  return parts.length === 0 ? 'none of your own' : parts.join(' · ')
}

/** Every value with what becomes of it and why, two lines each; those that change come first. */
export function editLines(edits: readonly ValueEdit[], view: View): string[] {
  const sorted = [...edits].sort(
    (left, right) => actions.indexOf(left.action) - actions.indexOf(right.action),
  )
  const indent = 4 + Math.max(0, ...edits.map(({ action }) => action.length))
  return sorted.flatMap((edit) => {
    const { quiet } = themeOf(view)
    const path = edit.toPath === undefined ? edit.path : `${edit.path} → ${edit.toPath}`
    const paths = wrap(path, view.width - indent).split('\n')
    const action = pad(`  ${paint(edit, view)}`, indent)
    const lines = paths.map((line, index) => (index === 0 ? action : ' '.repeat(indent)) + line)
    const values = valueText(edit)
    const reason = wrap(values === '' ? edit.reason : `${values} · ${edit.reason}`, view.width, { indent })
    return [...lines, ...reason.split('\n').map((line) => quiet(line))]
  })
}

function paint({ action }: ValueEdit, view: View): string {
  const theme = themeOf(view)
  const colours: Record<ValueEdit['action'], (text: string) => string> = {
    dropped: theme.bad,
    renamed: theme.warn,
    reset: theme.warn,
    overridden: theme.strong,
    added: theme.good,
    carried: theme.quiet,
  }
  return colours[action](action)
}

function valueText(edit: ValueEdit): string {
  const from = edit.from === undefined ? '' : shorten(edit.from)
  const to = edit.to === undefined ? '' : shorten(edit.to)
  if (from === to || to === '') return from
  return from === '' ? to : `${from} → ${to}`
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > longestValue ? `${line.slice(0, longestValue - 1)}…` : line
}
