import type { View } from '../report/view.js'

type Env = Record<string, string | undefined>

/** What has to be known of a stream to write to it. */
export interface Screen {
  isTTY?: boolean | undefined
  columns?: number | undefined
}

/** Colours only on a terminal that has them, and only where nobody asked for none. */
export function wantsColour(screen: Screen, env: Env, noColor: boolean): boolean {
  if (noColor || env.NO_COLOR) return false
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== '0'
  return screen.isTTY === true && env.TERM !== 'dumb'
}

/** How reports are laid out on a stream. */
export function viewOf(screen: Screen, env: Env, options: { noColor: boolean; program: string }): View {
  // A terminal without a size says 0.
  const columns = screen.columns || Number(env.COLUMNS) || 100
  return {
    colour: wantsColour(screen, env, options.noColor),
    width: Math.max(40, Math.min(columns, 160)),
    program: options.program,
  }
}
