import { createInterface } from 'node:readline'
import type { Prompter } from '../ports/outside.js'

/** Asks on the terminal: the question on stderr, since stdout is for the result. */
export function terminalPrompter(): Prompter {
  return {
    canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
    confirm: async (question) => {
      await forgetTypedAhead()
      return ask(question)
    },
  }
}

/** What was typed before the question was seen is no answer to it. */
async function forgetTypedAhead(): Promise<void> {
  const forget = (): void => undefined
  process.stdin.on('data', forget).resume()
  await new Promise((resolve) => setTimeout(resolve, 50))
  process.stdin.off('data', forget).pause()
}

function ask(question: string): Promise<boolean> {
  // Whoever closed the terminal's input (Ctrl-D) while we worked has answered.
  if (process.stdin.readableEnded) return Promise.resolve(false)
  return new Promise((resolve) => {
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
  })
}
