import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { CheckResult } from '../../src/model/verdict.js'
import { verdictOf } from '../../src/model/verdict.js'
import type { LiveCrd } from '../../src/model/crd.js'
import { crdsEstablished } from '../../src/verify/checks/crds-established.js'
import { postflightChecks } from '../../src/verify/checks/registry.js'
import { fieldDifferences, formatPath, type FieldPath } from '../../src/verify/field-differences.js'
import type { Json } from '../../src/model/values.js'
import type { KindComparison, Observation } from '../../src/verify/observation.js'
import { schemaEffect, type SchemaChange } from '../../src/verify/schema-effects.js'
import { workloadStatus } from '../../src/diagnose/workload-status.js'
import { aCrd, aDeployment, aRelease } from '../support/builders.js'

const kind: KindComparison = {
  crd: 'a.b',
  before: 2,
  after: 2,
  missing: [],
  recreated: [],
  changed: [],
  defaulted: [],
  pruned: [],
}

function anObservation(): Observation {
  return {
    release: aRelease({ chartVersion: '0.10.0' }),
    expectedChartVersion: 'v0.10.0',
    workloads: [workloadStatus(aDeployment('c'))],
    crds: [{ name: 'a.b', object: aCrd('a.b', { v1: {} }), raw: '' }],
    expectedCrds: ['a.b'],
    kept: { objects: [], gone: [] },
    customResources: [kind],
    unreadable: [],
    namespace: { apiVersion: 'v1', kind: 'Namespace', name: 'osm-system' },
  }
}

function judge(changes: Partial<Observation>): Record<string, CheckResult['status']> {
  const observation: Observation = { ...anObservation(), ...changes }
  const results = postflightChecks.flatMap((check) => check(observation) ?? [])
  return Object.fromEntries(
    results.filter(({ status }) => status !== 'pass').map(({ id, status }) => [id, status]),
  )
}

describe('postflight checks', () => {
  it('pass when everything is as it should be', () => assert.deepEqual(judge({}), {}))

  it('fail on a release that is not deployed at the target', () => {
    assert.deepEqual(judge({ release: aRelease({ chartVersion: '0.9.2' }) }), { 'release-deployed': 'fail' })
    assert.deepEqual(judge({ release: aRelease({ chartVersion: '0.10.0', releaseStatus: 'failed' }) }), {
      'release-deployed': 'fail',
    })
  })

  it('fail on a workload that is not there yet and on a CRD that is gone', () => {
    assert.deepEqual(judge({ workloads: [workloadStatus(aDeployment('c', { updatedReplicas: 0 }))] }), {
      'workloads-current': 'fail',
    })
    assert.deepEqual(judge({ crds: [] }), { 'crds-established': 'fail' })
  })

  it('tell which CRDs are new or changed since before, and fail on one that was made again', () => {
    const crd = (name: string, version = 'v1', uid = `uid-${name}`): LiveCrd => {
      const object = aCrd(name, { [version]: {} })
      return { name, object: { ...object, metadata: { ...object.metadata, uid } }, raw: '' }
    }
    const look = (before: LiveCrd[]): CheckResult | undefined =>
      crdsEstablished({ ...anObservation(), crds: [crd('a.b'), crd('c.d')], crdsBefore: before })
    assert.match(look([crd('a.b', 'v0')])?.message ?? '', /new: c\.d; changed: a\.b/)
    assert.doesNotMatch(look([crd('a.b'), crd('c.d')])?.message ?? '', /new|changed/)
    assert.equal(look([crd('a.b', 'v1', 'other')])?.status, 'fail')
  })

  it('fail where an object that was to stay is gone', () => {
    const ref = { apiVersion: 'v1', kind: 'MutatingWebhookConfiguration', name: 'm' }
    assert.deepEqual(judge({ kept: { objects: [ref], gone: [] } }), {})
    assert.deepEqual(judge({ kept: { objects: [ref], gone: [ref] } }), { 'objects-kept': 'fail' })
    const unreadable = ['kept objects: forbidden']
    assert.deepEqual(judge({ kept: { objects: [ref], gone: [] }, unreadable }), { 'objects-kept': 'unknown' })
  })

  it('fail on lost, recreated and changed custom resources; warn of defaults; unknown is no pass', () => {
    const check = (change: Partial<KindComparison>): unknown =>
      judge({ customResources: [{ ...kind, ...change }] })['custom-resources-kept']
    assert.equal(check({ missing: ['n/x'] }), 'fail')
    assert.equal(check({ recreated: ['n/x'] }), 'fail')
    assert.equal(check({ changed: [{ object: 'n/x', fields: ['.spec'] }] }), 'fail')
    assert.equal(check({ defaulted: [{ object: 'n/x', fields: ['.spec.a'] }] }), 'warn')
    assert.equal(check({ pruned: [{ object: 'n/x', fields: ['.spec.a'] }] }), 'warn')
    assert.equal(check({ unreadable: 'forbidden' }), 'unknown')
  })

  it('let a failed check outweigh an unknown one', () => {
    const result = (status: CheckResult['status']): CheckResult => ({
      id: 'x',
      status,
      message: '',
      objects: [],
    })
    assert.equal(verdictOf([result('pass'), result('unknown'), result('fail')]).outcome, 'fail')
    assert.equal(verdictOf([result('pass'), result('unknown')]).outcome, 'unknown')
    assert.equal(verdictOf([result('pass'), result('warn')]).outcome, 'pass')
  })
})

describe('schemaEffect', () => {
  const schema = (flag: unknown): Json =>
    ({
      properties: { spec: { properties: { flag, map: { additionalProperties: { type: 'string' } } } } },
    }) as Json
  const effect = (path: FieldPath, values: { before: Json; now?: Json }, change: SchemaChange): unknown =>
    schemaEffect({ path: ['spec', ...path], before: values.before, now: values.now }, change)
  const [plain, one, two] = [schema({}), schema({ default: 1 }), schema({ default: 2 })]

  it('explains a field that left the schema, and no other loss', () => {
    const same = { before: plain, now: plain }
    assert.equal(effect(['gone'], { before: 1 }, same), 'pruned')
    assert.equal(effect(['flag'], { before: 1 }, same), undefined)
    assert.equal(effect(['flag'], { before: 1, now: 2 }, same), undefined)
    assert.equal(effect(['map', 'a.b/c'], { before: 'x' }, same), undefined)
    assert.equal(effect(['gone'], { before: 1 }, { before: plain, now: undefined }), undefined)
  })

  it('explains a default that changed or went, and no value that somebody set', () => {
    assert.equal(effect(['flag'], { before: 1, now: 2 }, { before: one, now: two }), 'default')
    assert.equal(effect(['flag'], { before: 1 }, { before: one, now: plain }), 'default')
    assert.equal(effect(['flag'], { before: 3, now: 2 }, { before: one, now: two }), undefined)
    assert.equal(effect(['flag'], { before: 1, now: 3 }, { before: one, now: two }), undefined)
  })

  it('is total', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.array(fc.string()), (before, now, path) => {
        const found = schemaEffect({ path, before: 1, now: 2 }, { before: before as Json, now: now as Json })
        assert.ok(['pruned', 'default', undefined].includes(found))
      }),
    )
  })
})

describe('fieldDifferences', () => {
  it('tells what is lost from what is gained, and ignores metadata and status', () => {
    const found = fieldDifferences(
      '{"metadata":{"a":1},"spec":{"a":1,"b":[1,2]}}',
      '{"metadata":{"a":2},"spec":{"b":[1,3],"c":0},"status":{}}',
    )
    const lost = found.lost.map(({ path, before, now }) => [formatPath(path), before, now])
    assert.deepEqual(lost, [
      ['.spec.a', 1, undefined],
      ['.spec.b[1]', 2, 3],
    ])
    assert.deepEqual(found.gained.map(formatPath), ['.spec.c'])
  })

  it('is total, and finds no difference of equals', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.oneof(fc.string(), fc.json()), (left, right) => {
        assert.ok(Array.isArray(fieldDifferences(left, right).lost))
      }),
    )
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        assert.deepEqual(fieldDifferences(JSON.stringify(value), JSON.stringify(value)), {
          lost: [],
          gained: [],
        })
      }),
    )
  })
})
