import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  chainEntry,
  readJournal,
  runProgress,
  type JournalEntry,
  type JournalLine,
} from '../../src/model/journal.js'
import { openDocument, sealDocument } from '../../src/model/sealed-document.js'

const line = (changes: Partial<JournalLine> = {}): JournalLine => ({
  ...{ runId: 'r', at: '2026-01-01T00:00:00Z', part: 'hop-1', stepId: 'a', phase: 'started', message: '' },
  ...changes,
})

function journal(lines: readonly JournalLine[]): { text: string; entries: JournalEntry[] } {
  const entries: JournalEntry[] = []
  for (const each of lines) entries.push(chainEntry(entries.at(-1), each))
  return { entries, text: entries.map((entry) => `${JSON.stringify(entry)}\n`).join('') }
}

const anyLines = fc.array(
  fc.record({
    stepId: fc.string(),
    message: fc.string(),
    part: fc.constantFrom('hop-1', 'rollback', '__proto__'),
  }),
  { minLength: 1, maxLength: 6 },
)

describe('journal', () => {
  it('is read back as it was written', () =>
    fc.assert(
      fc.property(anyLines, (changes) => {
        const { text, entries } = journal(changes.map(line))
        assert.deepEqual(readJournal(text), { entries, isTorn: false })
      }),
    ))

  it('cut anywhere, gives whole lines that were written and never throws', () =>
    fc.assert(
      fc.property(anyLines, fc.nat(), (changes, at) => {
        const { text, entries } = journal(changes.map(line))
        const cut = text.slice(0, at % (text.length + 1))
        const read = readJournal(cut)
        assert.equal(read.damage, undefined)
        assert.deepEqual(read.entries, entries.slice(0, read.entries.length))
        assert.equal(read.isTorn, cut !== '' && !cut.endsWith('\n'))
      }),
    ))

  it('notices one changed character of any whole line', () =>
    fc.assert(
      fc.property(anyLines, fc.nat(), (changes, at) => {
        const { text } = journal(changes.map(line))
        const place = at % (text.length - 1)
        const changed = `${text.slice(0, place)}${text[place] === '#' ? '+' : '#'}${text.slice(place + 1)}`
        assert.notEqual(readJournal(changed).damage, undefined)
      }),
    ))

  it('is total for any text', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => void runProgress(readJournal(text).entries)),
    ))

  it('tells what is done, what was begun and what is under way', () => {
    const { entries } = journal([
      line({ part: 'run', stepId: 'run' }),
      line({ stepId: 'run' }),
      line(),
      line({ phase: 'progress' }),
      line({ phase: 'succeeded' }),
      line({ stepId: 'run', phase: 'succeeded' }),
      line({ part: 'hop-2', stepId: 'run' }),
      line({ part: 'hop-2', stepId: 'b' }),
    ])
    const { done, begun, parts, open } = runProgress(entries)
    assert.deepEqual(done, { 'hop-1': ['a'] })
    assert.deepEqual(begun, ['a', 'b'])
    assert.deepEqual(parts, [{ part: 'run' }, { part: 'hop-1', ended: 'succeeded' }, { part: 'hop-2' }])
    assert.deepEqual([open?.part, open?.stepId], ['hop-2', 'b'])
  })
})

describe('sealed document', () => {
  it('opens to what was sealed, and to nothing else', () =>
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat(), (body, at) => {
        const text = sealDocument('Test', body)
        const opened = openDocument('Test', text)
        assert.ok('body' in opened)
        assert.equal(JSON.stringify(opened.body), JSON.stringify(JSON.parse(JSON.stringify(body))))
        assert.ok('problem' in openDocument('Other', text))
        assert.ok('problem' in openDocument('Test', text.slice(0, at % (text.length - 1))))
      }),
    ))

  it('is total for any text', () =>
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void openDocument('Test', text))))
})
