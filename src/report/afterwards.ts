import type { Afterwards } from '../model/plan.js'
import { nameProgram } from './errors.js'
import { commandLines, wrap } from './text.js'
import type { View } from './view.js'

/** What is left for the person to do when the upgrade is done, with the commands. */
export function afterwardsLines(afterwards: readonly Afterwards[], view: View): string[] {
  return afterwards.flatMap(({ text, commands }) => [
    wrap(text, view.width, { indent: 2, hang: 2 }),
    ...commands.flatMap((command) => commandLines(nameProgram(command, view.program), view.width, 5)),
  ])
}
