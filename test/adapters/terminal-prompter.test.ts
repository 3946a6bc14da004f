import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { runProgram } from '../support/run-program.js'

const prompter = fileURLToPath(new URL('../../src/adapters/terminal-prompter.ts', import.meta.url))
const ask = `
  import { terminalPrompter } from ${JSON.stringify(prompter)}
  console.log(await terminalPrompter().confirm('Go on?'))
`

describe('terminalPrompter', () => {
  it('takes an input that has ended before the question for a no', async () => {
    const words = ['--import', 'tsx', '--input-type=module', '-e', ask]
    const ran = await runProgram(process.execPath, words, { input: 'y\n' })
    assert.deepEqual([ran.exitCode, ran.stdout], [0, 'false\n'])
  })
})
