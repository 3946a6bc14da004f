import { Chalk } from 'chalk'

/** What a piece of text is, rather than which colour it has. */
export interface Theme {
  heading: (text: string) => string
  good: (text: string) => string
  bad: (text: string) => string
  warn: (text: string) => string
  quiet: (text: string) => string
  strong: (text: string) => string
  added: (text: string) => string
  removed: (text: string) => string
  command: (text: string) => string
}

/** The one place that knows colours. */
export function themeOf(view: { colour: boolean }): Theme {
  const chalk = new Chalk({ level: view.colour ? 1 : 0 })
  return {
    heading: chalk.bold,
    good: chalk.green,
    bad: chalk.red,
    warn: chalk.yellow,
    quiet: chalk.dim,
    strong: chalk.bold,
    added: chalk.green,
    removed: chalk.red,
    command: chalk.cyan,
  }
}
