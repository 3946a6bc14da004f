import assert from 'node:assert/strict'
import { helmValues } from '../../../src/plan/values/helm-modes.js'

const userSupplied = { a: 1, b: { c: 2 } }
const oldDefaults = { a: 0, b: { c: 0, d: 9 } }

describe('helmValues', () => {
  it('keeps everything when no values are given', () => {
    assert.deepEqual(
      helmValues({ mode: 'helm-default', userSupplied, oldDefaults, overrides: {} }).values,
      userSupplied,
    )
  })

  it('drops every earlier value as soon as one is given, and says so', () => {
    const planned = helmValues({ mode: 'helm-default', userSupplied, oldDefaults, overrides: { a: 5 } })
    assert.deepEqual(planned.values, { a: 5 })
    assert.deepEqual(
      planned.findings.map(({ code }) => code),
      ['MU106'],
    )
    assert.deepEqual(planned.findings[0]?.evidence, ['b.c = 2'])
  })

  it('merges for --reset-then-reuse-values and freezes old defaults for --reuse-values', () => {
    const overrides = { b: { e: 3 } }
    assert.deepEqual(helmValues({ mode: 'reset-then-reuse', userSupplied, oldDefaults, overrides }).values, {
      a: 1,
      b: { c: 2, e: 3 },
    })
    assert.deepEqual(helmValues({ mode: 'reuse', userSupplied, oldDefaults, overrides }).values, {
      a: 1,
      b: { c: 2, d: 9, e: 3 },
    })
    assert.deepEqual(helmValues({ mode: 'reset', userSupplied, oldDefaults, overrides }).values, overrides)
  })
})
