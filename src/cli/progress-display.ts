import type { ProgressEvent } from '../model/progress.js'
import { onTerminal, plainLines, statusLine, type Activity } from '../report/progress.js'
import { themeOf } from '../report/theme.js'
import type { Screen } from './terminal.js'

const frameMs = 100
const clearLine = '\r\u001B[2K'

/** Shows progress on stderr; `clear` before anything else is written or asked. */
export interface ProgressDisplay {
  sink: (event: ProgressEvent) => void
  /** Writes a line of its own, above the rewritten one. */
  say: (line: string) => void
  clear: () => void
}

export interface ProgressOptions {
  stream: Screen & { write(text: string): unknown }
  quiet: boolean
  colour: boolean
  /** A terminal that can rewrite a line. */
  rewrites: boolean
}

/** One of two renderers over the same events, or none. */
export function progressDisplay(options: ProgressOptions): ProgressDisplay {
  const { stream, quiet, colour, rewrites } = options
  const say = (line: string): void => void stream.write(`${line}\n`)
  if (quiet) return { sink: () => undefined, say, clear: () => undefined }
  if (rewrites) return spinner(stream)
  const theme = themeOf({ colour })
  return { sink: (event) => plainLines(event, theme).forEach(say), say, clear: () => undefined }
}

function spinner(stream: ProgressOptions['stream']): ProgressDisplay {
  let activity: Activity | undefined
  let timer: NodeJS.Timeout | undefined
  const draw = (): void => {
    if (activity) stream.write(clearLine + statusLine(activity, Date.now(), stream.columns || 80))
  }
  const clear = (): void => {
    if (timer) stream.write(clearLine)
    clearInterval(timer)
    timer = undefined
    activity = undefined
  }
  const say = (line: string): void => {
    stream.write(`${timer ? clearLine : ''}${line}\n`)
    draw()
  }
  const sink = (event: ProgressEvent): void => {
    const step = onTerminal(event, activity, Date.now())
    if (!step.activity) clear()
    step.lines.forEach(say)
    activity = step.activity
    if (activity && !timer) timer = setInterval(draw, frameMs).unref()
    draw()
  }
  return { sink, say, clear }
}
