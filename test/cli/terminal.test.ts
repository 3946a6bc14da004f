import assert from 'node:assert/strict'
import { watchInterrupts, type InterruptHost, type Interrupts } from '../../src/cli/interrupts.js'
import { progressDisplay } from '../../src/cli/progress-display.js'
import { viewOf, wantsColour } from '../../src/cli/terminal.js'
import type { ProgressEvent } from '../../src/model/progress.js'
import { elapsed, statusLine } from '../../src/report/progress.js'

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
  let interrupts: Interrupts

  beforeEach(() => {
    log = []
    fire = {}
    const host: InterruptHost = {
      onSignal: (signal, listener) => (fire[signal] = listener),
      say: (text) => log.push(text),
      exit: (code, text) => log.push(`exit ${code}: ${text}`),
    }
    interrupts = watchInterrupts(host)
  })

  it('ends at once while nothing is being changed', () => {
    fire.SIGINT?.()
    assert.deepEqual(log, ['exit 130: interrupted; nothing was changed'])
  })

  it('asks for an end first and ends at once the second time', () => {
    interrupts.changesBegin()
    assert.equal(interrupts.exitCode(), undefined)
    fire.SIGTERM?.()
    assert.deepEqual([interrupts.signal.aborted, interrupts.exitCode(), log.length], [true, 143, 1])
    assert.match(log[0] ?? '', /finishing what must be finished/)
    // A terminal that closes says so twice; only the person's own second word means at once.
    fire.SIGHUP?.()
    fire.SIGHUP?.()
    assert.ok(!log.some((line) => line.startsWith('exit')))
    fire.SIGINT?.()
    assert.match(log.at(-1) ?? '', /^exit 130: stopped/)
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
