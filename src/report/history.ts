import type { ReleaseName } from '../model/release.js'
import type { HistoryItem, RunOutcome } from '../model/run-history.js'
import { bytesText, type PruneChoice } from '../model/run-retention.js'
import { elapsed } from './progress.js'
import { count, table, wrap } from './text.js'
import { themeOf, type Theme } from './theme.js'
import type { View } from './view.js'

/** The runs of a release, newest first: what was done, by whom, how long it took and how it ended. */
export function formatHistory(
  { name, namespace }: ReleaseName,
  items: readonly HistoryItem[],
  view: View,
): string {
  const theme = themeOf(view)
  const title = theme.heading(`Runs of ${name} in ${namespace}`)
  if (items.length === 0) return `${title}: none is known\n`
  const header = ['RUN', 'STARTED', 'FROM → TO', 'TOOK', 'OUTCOME', 'BY', 'WHERE']
  const rows = items.map((item) => [
    item.run,
    timeOf(item.startedAt),
    item.from !== undefined && item.to !== undefined ? `${item.from} → ${item.to}` : '?',
    item.durationMs === undefined ? '' : elapsed(item.durationMs),
    outcomeText(item, theme),
    item.holder ?? '',
    whereText(item),
  ])
  const damage = items.flatMap(({ run, kept }) =>
    kept?.damage === undefined ? [] : [theme.warn(`${run}: its files cannot be believed: ${kept.damage}`)],
  )
  const lines = [
    title,
    ...table([header, ...rows], view.width),
    ...damage.map((line) => wrap(line, view.width)),
  ]
  return `${lines.join('\n')}\n`
}

/** What was deleted, or would be, and why the rest stays. */
export function formatPrune(
  { name, namespace }: ReleaseName,
  choices: readonly PruneChoice[],
  done: 'deleted' | 'planned',
  view: View,
): string {
  const theme = themeOf(view)
  const going = choices.filter(({ why }) => why === undefined)
  const bytes = going.reduce((sum, { item }) => sum + item.kept.bytes, 0)
  const verb = done === 'deleted' ? 'deleted' : 'would be deleted'
  const head =
    going.length === 0
      ? `nothing to delete: ${count(choices.length, 'run')} of ${name} in ${namespace} on this machine`
      : `${count(going.length, 'run')} of ${name} in ${namespace} ${verb}, ${bytesText(bytes)} freed`
  const rows = choices.map(({ item, why }) => [
    why === undefined ? theme.warn(done === 'deleted' ? 'deleted' : 'goes') : theme.good('stays'),
    item.run,
    timeOf(item.startedAt),
    bytesText(item.kept.bytes),
    item.outcome,
    why === undefined ? '' : reasons[why],
  ])
  return `${[head, ...(rows.length === 0 ? [] : table(rows, view.width, 2))].join('\n')}\n`
}

const reasons: Record<NonNullable<PruneChoice['why']>, string> = {
  newest: 'one of the newest',
  young: 'not old enough',
  open: 'it has not ended: resume needs it',
  damaged: 'its files cannot be believed; look at it and delete the folder by hand',
  'last-whole': 'the newest whole backup',
}

const tones: Record<RunOutcome, 'good' | 'bad' | 'warn' | 'strong'> = {
  succeeded: 'good',
  failed: 'bad',
  'rolled-back': 'warn',
  interrupted: 'warn',
  died: 'bad',
  running: 'strong',
  unknown: 'warn',
}

function outcomeText({ outcome, rolledBackAt, kept }: HistoryItem, theme: Theme): string {
  if (kept?.damage !== undefined) return theme.warn(outcome === 'unknown' ? 'damaged' : `${outcome}, damaged`)
  const text = outcome === 'rolled-back' ? 'rolled back' : outcome
  const when = rolledBackAt === undefined ? '' : ` at ${timeOf(rolledBackAt)}`
  return theme[tones[outcome]](text + when)
}

function whereText({ location, kept }: HistoryItem): string {
  const size = kept ? `, ${bytesText(kept.bytes)} here` : ''
  return `${location ?? ''}${size}`
}

/** Seconds are exact enough for a person. */
function timeOf(time: string | undefined): string {
  return time === undefined ? '' : time.replace(/\.\d+(?=Z$)/, '')
}
