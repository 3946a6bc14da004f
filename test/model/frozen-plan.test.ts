import assert from 'node:assert/strict'
import fc from 'fast-check'
import { UpgradeError } from '../../src/errors.js'
import { parseFrozenPlan, sealFrozenPlan, type FrozenPlan } from '../../src/model/frozen-plan.js'
import { sealDocument } from '../../src/model/sealed-document.js'
import { aPlan, aRequest } from '../support/builders.js'

function aFrozenPlan(): FrozenPlan {
  const source = { type: 'path', path: './osm' } as const
  return {
    plan: aPlan(),
    request: { ...aRequest(), releaseName: 'osm', namespace: 'osm-system' },
    overrides: { a: { b: 1 } },
    asksAgain: ['vault.token'],
    charts: [
      { name: 'osm', version: '0.10.0', reference: './osm', source, digest: 'sha256:1', files: 'AA==' },
    ],
    available: ['0.10.0'],
    texts: { texts: { a: { text: 'x' }, b: { unreadable: 'gone' } }, crds: {}, lists: {} },
  }
}

/** Read, or refused as a plan file with exit 6; nothing else may come out of it. */
function outcomeOf(text: string): FrozenPlan | 'refused' {
  try {
    return parseFrozenPlan(text, 'plan.json')
  } catch (error) {
    assert.ok(error instanceof UpgradeError, String(error))
    assert.deepEqual([error.code, error.exitCode], ['PlanFileInvalid', 6])
    return 'refused'
  }
}

describe('the file of a frozen plan', () => {
  it('is read as it was written', () => {
    const frozen = aFrozenPlan()
    assert.deepEqual(parseFrozenPlan(sealFrozenPlan(frozen), 'plan.json'), JSON.parse(JSON.stringify(frozen)))
  })

  it('is refused where one character of it is another', () => {
    const text = sealFrozenPlan(aFrozenPlan())
    const body = text.indexOf('"body"')
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: text.length - 1 }),
        fc.constantFrom('x', '7', '"', '{'),
        (at, other) => {
          const changed = `${text.slice(0, at)}${other}${text.slice(at + 1)}`
          const isSpace = /\s/.test(text.charAt(at))
          fc.pre(changed !== text && !(isSpace && at < body))
          assert.equal(outcomeOf(changed), 'refused')
        },
      ),
      { numRuns: 300 },
    )
  })

  it('is refused, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => void assert.equal(outcomeOf(text), 'refused')),
    )
    const depth = 200_000
    const deep = `{"apiVersion":"mesh-upgrade.dev/v1alpha1","kind":"FrozenPlan","body":${'['.repeat(depth)}${']'.repeat(depth)}}`
    assert.equal(outcomeOf(deep), 'refused')
  })

  it('is refused with a right digest and a wrong shape', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        (body) => void assert.equal(outcomeOf(sealDocument('FrozenPlan', body)), 'refused'),
      ),
    )
    const { plan, ...frozen } = aFrozenPlan()
    const whole = JSON.parse(JSON.stringify({ plan, frozen })) as Record<string, unknown>
    fc.assert(
      fc.property(fc.constantFrom(...pathsOf(whole)), fc.jsonValue(), (path, value) => {
        outcomeOf(sealDocument('FrozenPlan', replaced(whole, path, value)))
      }),
      { numRuns: 500 },
    )
  })

  it('is refused with a plan of another version', () => {
    const { plan, ...frozen } = aFrozenPlan()
    const other = { plan: { ...plan, apiVersion: 'mesh-upgrade.dev/v9' }, frozen }
    assert.throws(() => parseFrozenPlan(sealDocument('FrozenPlan', other), 'p'), /mesh-upgrade\.dev\/v9/)
  })
})

function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, member]) => pathsOf(member, [...path, key]))]
}

function replaced(value: unknown, [head, ...rest]: string[], by: unknown): unknown {
  if (head === undefined) return by
  const copy = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }
  return Object.assign(copy, { [head]: replaced((value as Record<string, unknown>)[head], rest, by) })
}
