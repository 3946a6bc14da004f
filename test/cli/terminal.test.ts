import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { watchInterrupts, type InterruptHost, type InterruptWatch } from '../../src/cli/interrupts.js'
import { progressDisplay } from '../../src/cli/progress-display.js'
import { viewOf, wantsColour } from '../../src/cli/terminal.js'
import type { ProgressEvent } from '../../src/model/progress.js'
import { elapsed, statusLine } from '../../src/report/progress.js'
import { tsx } from '../bed/support.js'
import { runProgram, type Ran } from '../support/run-program.js'

describe('wantsColour', () => {
  it('colours a terminal that nobody asked to leave plain', () => {
    const tty = { isTTY: true }
    assert.equal(wantsColour(tty, {}, false), true)
    assert.equal(wantsColour({}, {}, false), false)
    assert.equal(wantsColour(tty, { NO_COLOR: '1' }, false), false)
    assert.equal(wantsColour(tty, { TERM: 'dumb' }, false), false)
    assert.equal(wantsColour(tty, {}, true), false)
    assert.equal(wantsColour({}, { FORCE_COLOR: '1' }, false), true)
    assert.equal(wantsColour(tty, { FORCE_COLOR: '0' }, false), false)
  })

  it('keeps widths within reason', () => {
    const options = { noColor: false, program: 'x' }
    assert.equal(viewOf({ columns: 10 }, {}, options).width, 40)
    assert.equal(viewOf({ columns: 500 }, {}, options).width, 160)
    assert.equal(viewOf({}, { COLUMNS: 'x' }, options).width, 100)
  })
})

describe('watchInterrupts', () => {
  let log: string[]
  let fire: Record<string, () => void>
  let interrupts: InterruptWatch
  let now = 0
  let late: () => void = () => undefined

  beforeEach(() => {
    log = []
    fire = {}
    now = 0
    const host: InterruptHost = {
      onSignal: (signal, listener) => (fire[signal] = listener),
      say: (text) => log.push(text),
      exit: (code, text) => log.push(`exit ${code}: ${text}`),
      now: () => now,
      later: (_ms, callback) => (late = callback),
    }
    interrupts = watchInterrupts(host)
  })

  const aborted = (): boolean[] => [interrupts.finishStep.aborted, interrupts.stopNow.aborted]

  it('ends at once while nothing is being changed', () => {
    fire.SIGINT?.()
    assert.deepEqual(log, ['exit 130: interrupted; nothing was changed'])
  })

  it('finishes the step first, stops it the second time, and waits for nothing the third', () => {
    interrupts.changesBegin()
    interrupts.stepStarts('helm upgrade osm', 300_000)
    now = 30_000
    assert.equal(interrupts.exitCode(), undefined)
    fire.SIGINT?.()
    assert.deepEqual([aborted(), interrupts.exitCode()], [[true, false], 130])
    const told =
      'SIGINT: finishing the current step: helm upgrade osm (up to 4 min 30 s left), then stopping; press Ctrl-C again to stop at once'
    assert.deepEqual(log, [told])
    fire.SIGINT?.()
    assert.deepEqual(aborted(), [true, true])
    assert.equal(log.at(-1), 'stopping at once')
    fire.SIGINT?.()
    assert.match(log.at(-1) ?? '', /^exit 130: stopped at once/)
  })

  it('ends the process where what is at work does not stop soon', () => {
    interrupts.changesBegin()
    fire.SIGTERM?.()
    fire.SIGTERM?.()
    assert.deepEqual(log, ['SIGTERM: then stopping; SIGTERM again stops at once', 'stopping at once'])
    late()
    assert.match(log.at(-1) ?? '', /^exit 143: stopped at once; status tells/)
  })

  it('takes a terminal that closes, and says so twice, for one word', () => {
    interrupts.changesBegin()
    interrupts.stepStarts('back up')
    fire.SIGHUP?.()
    fire.SIGHUP?.()
    assert.deepEqual(log, ['SIGHUP: finishing the current step: back up, then stopping'])
    assert.deepEqual([aborted(), interrupts.exitCode()], [[true, false], 129])
    interrupts.stepEnds()
    fire.SIGTERM?.()
    assert.deepEqual([aborted(), interrupts.exitCode()], [[true, true], 143])
  })
})

describe('output that nobody takes', () => {
  const program = `import { surviveOutputLoss } from ${JSON.stringify(new URL('../../src/cli/output-loss.ts', import.meta.url).href)}
    const lost = surviveOutputLoss([process.stdout, process.stderr])
    process.on('SIGHUP', () => undefined)
    for (let i = 0; i < 5; i++) {
      process.stdout.write('x'.repeat(100_000) + '\\n')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    process.exit(lost() ? 9 : 0)`
  const run = (shell: string): Promise<Ran> =>
    runProgram('bash', [
      '-c',
      `${shell.replace('PROGRAM', '"$0" --import "$1" --input-type=module -e "$2"')}`,
      process.execPath,
      tsx[1] ?? '',
      program,
    ])

  it('does not end us where a reader goes away', async () => {
    const ran = await run('PROGRAM | head -c 10; exit ${PIPESTATUS[0]}')
    assert.equal(ran.exitCode, 0, ran.stderr)
  })

  it('does not end us where the disk is full, but is known', async function () {
    if (!existsSync('/dev/full')) return this.skip()
    const ran = await run('PROGRAM > /dev/full')
    assert.equal(ran.exitCode, 9, ran.stderr)
  })
})

describe('progressDisplay', () => {
  const events: ProgressEvent[] = [
    { type: 'stage', title: 'reading' },
    { type: 'step-started', index: 1, total: 2, title: 'back up' },
    { type: 'step-progress', message: 'custom resources', done: 3, total: 9 },
    { type: 'output', source: 'helm', line: 'Pulled' },
    { type: 'note', message: 'a note' },
    { type: 'step-done', title: 'back up', elapsedMs: 1500 },
    { type: 'step-failed', title: 'helm upgrade', message: 'timed out' },
  ]

  const shown = (options: { quiet?: boolean; rewrites?: boolean }): string => {
    let text = ''
    const stream = { write: (part: string) => (text += part), columns: 60 }
    const display = progressDisplay({ stream, quiet: false, colour: false, rewrites: false, ...options })
    events.forEach(display.sink)
    display.clear()
    return text
  }

  it('writes one line an event where there is no terminal', () => {
    assert.deepEqual(shown({}).trimEnd().split('\n'), [
      'reading',
      '[1/2] back up',
      '  custom resources (3 of 9)',
      '  helm: Pulled',
      'a note',
      '✔ back up (1 s)',
      '✖ helm upgrade: timed out',
    ])
  })

  it('rewrites one line on a terminal and leaves only what stays', () => {
    const text = shown({ rewrites: true })
    const left = text
      .split('\n')
      .map((line) => line.split('\r').at(-1) ?? '')
      .map((line) => line.replace(/\u001B\[[0-9;]*[mK]/g, ''))
    assert.deepEqual(left, ['a note', '✔ back up (1 s)', '✖ helm upgrade: timed out', ''])
    assert.match(text, /\[1\/2\] back up · custom resources \(3 of 9\)/)
  })

  it('says nothing with --quiet', () => assert.equal(shown({ quiet: true, rewrites: true }), ''))

  it('never lets the status line break', () => {
    const activity = { title: 'x'.repeat(100), detail: 'y'.repeat(100), startedAt: 0 }
    for (const width of [20, 40, 80]) assert.ok([...statusLine(activity, 65_000, width)].length < width)
  })

  it('tells times as people do', () => {
    assert.deepEqual([0, 999, 1000, 59_999, 60_000, 185_000].map(elapsed), [
      '0 ms',
      '999 ms',
      '1 s',
      '59 s',
      '1 min',
      '3 min 5 s',
    ])
  })
})
