import type { PlanView } from './view.js'
import { formatRef } from '../model/object-ref.js'
import type { ObjectChange, ReleasePlan } from '../model/plan.js'
import { themeOf, type Theme } from './theme.js'

/** Up to this many lines of difference are shown without being asked for. */
const fewLines = 30

/** `2 added · 9 changed · 1 removed · 31 unchanged`. */
export function objectSummary(releases: readonly ReleasePlan[]): string {
  const objects = releases.flatMap((release) => release.objects)
  const unchanged = releases.reduce((sum, release) => sum + release.unchangedObjects, 0)
  const number = (change: ObjectChange['change']): number =>
    objects.filter((each) => each.change === change).length
  const parts: [number, string][] = [
    [number('added'), 'added'],
    [number('changed'), 'changed'],
    [number('removed'), 'removed'],
    [unchanged, 'unchanged'],
  ]
  const named = parts.filter(([some]) => some > 0).map(([some, text]) => `${some} ${text}`)
  return named.length === 0 ? 'none' : named.join(' · ')
}

/** One line an object, with the differences where they are few or asked for. */
export function objectLines(objects: readonly ObjectChange[], view: PlanView): string[] {
  const theme = themeOf(view)
  const total = objects.reduce(
    (sum, { change, diff }) => sum + (change === 'changed' ? diff.split('\n').length : 0),
    0,
  )
  const showChanged = total <= fewLines
  const hint =
    showChanged || view.showDiff === true ? [] : [theme.quiet('  what changes in them: --show-diff')]
  const lines = objects.flatMap((object) => {
    const shown = view.showDiff === true || (object.change === 'changed' && showChanged)
    const restarts = object.restartsPods ? theme.warn(' · restarts its pods') : ''
    const line = `  ${sign(object.change, theme)} ${formatRef(object.object)}${restarts}`
    return shown ? [line, ...diffLines(object.diff, theme)] : [line]
  })
  return [...lines, ...hint]
}

function sign(change: ObjectChange['change'], theme: Theme): string {
  if (change === 'added') return theme.added('+')
  return change === 'removed' ? theme.removed('-') : theme.warn('~')
}

/** A unified diff without its file names; lines are never cut, since what is cut may be what matters. */
function diffLines(diff: string, theme: Theme): string[] {
  const lines = diff.split('\n').filter((line) => !/^(?:---|\+\+\+|===|Index:|\\)/.test(line) && line !== '')
  return lines.map((line) => {
    const indented = `      ${line}`
    if (line.startsWith('+')) return theme.added(indented)
    if (line.startsWith('-')) return theme.removed(indented)
    return line.startsWith('@@') ? theme.quiet(indented) : indented
  })
}
