import { createInterface } from 'node:readline'
import type { Prompter } from '../ports/outside.js'

/** Asks on the terminal: the question on stderr, since stdout is for the result. */
export function terminalPrompter(): Prompter {
  return {
    canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
    confirm: (question) =>
      new Promise((resolve) => {
        const asking = createInterface({ input: process.stdin, output: process.stderr })
        let answer = ''
        asking.on('close', () => resolve(/^\s*y(es)?\s*$/i.test(answer)))
        // readline swallows Ctrl-C: hand it on to whoever handles interrupts.
        asking.on('SIGINT', () => {
          asking.close()
          process.kill(process.pid, 'SIGINT')
        })
        asking.question(`${question} [y/N] `, (text) => {
          answer = text
          asking.close()
        })
      }),
  }
}
