import type { ProgressEvent } from '../model/progress.js'
import { visibleLength } from './text.js'
import { themeOf, type Theme } from './theme.js'

/** What the line at the bottom of a terminal shows while something is being done. */
export interface Activity {
  title: string
  detail: string
  startedAt: number
}

export interface Step {
  /** Lines that stay. */
  lines: string[]
  /** What is being done now; undefined where nothing is. */
  activity?: Activity | undefined
}

/** What an event means on a terminal: which lines stay and what the last line shows. */
export function onTerminal(event: ProgressEvent, activity: Activity | undefined, now: number): Step {
  const theme = themeOf({ colour: true })
  switch (event.type) {
    case 'stage':
      return { lines: [], activity: { title: event.title, detail: '', startedAt: now } }
    case 'step-started':
      return { lines: [], activity: { title: stepTitle(event), detail: '', startedAt: now } }
    case 'step-progress':
      return { lines: [], activity: activity && { ...activity, detail: detailOf(event) } }
    case 'output':
      return { lines: [], activity: activity && { ...activity, detail: event.line.trim() } }
    default:
      return { lines: plainLines(event, theme), activity: event.type === 'note' ? activity : undefined }
  }
}

/** What an event means where there is no terminal: one line an event. */
export function plainLines(event: ProgressEvent, theme: Theme): string[] {
  switch (event.type) {
    case 'stage':
      return [event.title]
    case 'step-started':
      return [stepTitle(event)]
    case 'step-progress':
      return [`  ${detailOf(event)}`]
    case 'step-done':
      return [`${theme.good('✔')} ${event.title} (${elapsed(event.elapsedMs)})`]
    case 'step-failed':
      return [`${theme.bad('✖')} ${event.title}: ${event.message}`]
    case 'output':
      return [`  ${event.source}: ${event.line}`]
    case 'note':
      return [event.message]
  }
}

/** The rewritten line: spinner, what is done, how far, how long; cut so that it never breaks. */
export function statusLine(activity: Activity, now: number, width: number): string {
  const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
  const passed = now - activity.startedAt
  const frame = frames[Math.floor(passed / 100) % frames.length] ?? ''
  const detail = activity.detail === '' ? '' : ` · ${activity.detail}`
  const tail = passed >= 1000 ? ` (${elapsed(passed)})` : ''
  const room = width - 1 - visibleLength(frame) - 1 - visibleLength(tail)
  const text = activity.title + detail
  const fitting = visibleLength(text) > room ? `${[...text].slice(0, Math.max(0, room - 1)).join('')}…` : text
  return `${frame} ${fitting}${tail}`
}

function stepTitle(event: ProgressEvent & { type: 'step-started' }): string {
  return `[${event.index}/${event.total}] ${event.title}`
}

function detailOf(event: ProgressEvent & { type: 'step-progress' }): string {
  const { done, total, message } = event
  if (done === undefined) return message
  return total === undefined ? `${message} (${done})` : `${message} (${done} of ${total})`
}

/** `850 ms`, `12 s`, `3 min 5 s`. */
export function elapsed(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  const seconds = Math.floor(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  return seconds % 60 === 0
    ? `${Math.floor(seconds / 60)} min`
    : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
