import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  hookEnvironment,
  hookEvents,
  hookName,
  hooksFor,
  parseHook,
  plannedHooks,
  retryAfterMs,
  type Hook,
} from '../../src/model/hooks.js'
import { withWishes } from '../../src/model/run-wishes.js'

describe('a hook as it is typed', () => {
  it('names an event, for a step also its type, and a command with anything in it', () => {
    assert.deepEqual(parseHook('before-run=a=b; echo "c"'), { event: 'before-run', command: 'a=b; echo "c"' })
    assert.deepEqual(parseHook('after-step:upgrade-release=x'), {
      ...{ event: 'after-step', stepType: 'upgrade-release', command: 'x' },
    })
    for (const wrong of ['', 'x', 'before-run', 'before-run= ', 'beforerun=x', 'before-hop:backup=x'])
      assert.equal(typeof parseHook(wrong), 'string', wrong)
    assert.match(String(parseHook('before-step:nothing=x')), /"nothing" is no type of step; there are backup/)
  })

  it('is read from anything without an exception, and what is read is what is shown', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...hookEvents, 'x'), (text, event) => {
        const hook = parseHook(`${event}=${text}`)
        if (typeof hook === 'string') return
        assert.deepEqual([hook.event, hook.command], [event, text.trim()])
        assert.deepEqual(parseHook(`${hookName(hook)}=${hook.command}`), hook)
      }),
    )
    fc.assert(fc.property(fc.string(), (text) => void parseHook(text)))
  })

  it('runs for its event and type of step only, in order', () => {
    const hooks: Hook[] = ['before-step=1', 'before-step:backup=2', 'after-step=3', 'before-step=4'].map(
      (text) => parseHook(text) as Hook,
    )
    const commands = (type: 'backup' | 'verify'): string[] =>
      hooksFor(hooks, 'before-step', type).map(({ command }) => command)
    assert.deepEqual(
      [commands('backup'), commands('verify')],
      [
        ['1', '2', '4'],
        ['1', '4'],
      ],
    )
  })

  it('is shown without credentials', () => {
    const command = 'curl -H "Authorization: Bearer abcdefghijk" https://u:pass@h --token=abcdef known'
    const [shown] = plannedHooks([{ event: 'before-run', command }], (text) => text.replace('known', '…'))
    assert.doesNotMatch(shown?.command ?? '', /abcdef|pass@|known/)
  })
})

describe('retryAfterMs', () => {
  it('reads the last line, within bounds, and takes ten seconds where it says nothing', () => {
    const cases: [string, number][] = [
      ...([
        ['retry-after: 3', 3],
        ['Retry-After:60s', 60],
        ['', 10],
        ['retry-after: soon', 10],
      ] as const),
      ...([
        ['retry-after: 0', 1],
        ['retry-after: 99999', 3600],
        ['retry-after: -5', 10],
      ] as const),
    ].map(([text, seconds]) => [text, seconds * 1000])
    for (const [text, ms] of cases) assert.equal(retryAfterMs(text), ms, text)
    fc.assert(
      fc.property(fc.string(), (text) => {
        const ms = retryAfterMs(`retry-after: ${text}`)
        assert.ok(ms >= 1000 && ms <= 3_600_000)
      }),
    )
  })
})

describe('hookEnvironment', () => {
  it('takes away what is not known, so that an outer run is not taken for this one', () => {
    const environment = hookEnvironment('before-plan', { release: 'osm' })
    assert.deepEqual(environment['MESH_UPGRADE_RELEASE'], 'osm')
    assert.ok('MESH_UPGRADE_STEP' in environment && environment['MESH_UPGRADE_STEP'] === undefined)
  })
})

describe('withWishes', () => {
  it('keeps what was wished before where this call says nothing', () => {
    const hook: Hook = { event: 'before-run', command: 'a' }
    const before = withWishes({}, { hooks: [hook], deadlineMs: 5, notify: ['f'] })
    assert.deepEqual(before, { hooks: { hooks: [hook], timeoutMs: 60_000, deadlineMs: 5 }, notify: ['f'] })
    assert.deepEqual(withWishes(before, {}), before)
    assert.equal(withWishes(before, { timeoutMs: 7 }).hooks?.timeoutMs, 7)
    assert.deepEqual(withWishes(before, { hooks: [], notify: [] }), {})
  })
})
