import assert from 'node:assert/strict'
import type { Verdict } from '../../src/model/verdict.js'
import { unmetChecks } from '../../src/model/verdict.js'
import { formatVerdict } from '../../src/report/verdict.js'

const pod = { apiVersion: 'v1', kind: 'Pod', namespace: 'n', name: 'p' }
const verdict: Verdict = {
  outcome: 'incomplete',
  checks: [
    { id: 'a', status: 'pass', message: '23 of 23 objects current', objects: [] },
    { id: 'b', status: 'incomplete', message: 'pods of older versions are still there', objects: [pod] },
    { id: 'c', status: 'unknown', message: 'cannot list', objects: [] },
  ],
}

describe('a verdict that is not complete', () => {
  it('is shown as such, with what it waits for', () => {
    const text = formatVerdict(verdict, { colour: false, width: 100, program: 'x' })
    assert.match(text, /… not complete yet/)
    assert.match(text, / {2}✔ 23 of 23 objects current\n {2}… pods of older versions.*\n {6}Pod n\/p\n/)
  })

  it('says in one line what it lacks', () => {
    const expected = 'not complete yet: pods of older versions are still there; unknown: cannot list'
    assert.equal(unmetChecks(verdict), expected)
  })
})
