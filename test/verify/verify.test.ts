import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { CheckResult } from '../../src/model/verdict.js'
import { verdictOf } from '../../src/model/verdict.js'
import { postflightChecks } from '../../src/verify/checks/registry.js'
import { fieldDifferences } from '../../src/verify/field-differences.js'
import type { KindComparison, Observation } from '../../src/verify/observation.js'
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
}

function judge(changes: Partial<Observation>): Record<string, CheckResult['status']> {
  const observation: Observation = {
    release: aRelease({ chartVersion: '0.10.0' }),
    expectedChartVersion: 'v0.10.0',
    workloads: [workloadStatus(aDeployment('c'))],
    crds: [{ name: 'a.b', object: aCrd('a.b', { v1: {} }) }],
    expectedCrds: ['a.b'],
    customResources: [kind],
    unreadable: [],
    namespace: { apiVersion: 'v1', kind: 'Namespace', name: 'osm-system' },
    ...changes,
  }
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

  it('fail on lost, recreated and changed custom resources; warn of defaults; unknown is no pass', () => {
    const check = (change: Partial<KindComparison>): unknown =>
      judge({ customResources: [{ ...kind, ...change }] })['custom-resources-kept']
    assert.equal(check({ missing: ['n/x'] }), 'fail')
    assert.equal(check({ recreated: ['n/x'] }), 'fail')
    assert.equal(check({ changed: [{ object: 'n/x', fields: ['.spec'] }] }), 'fail')
    assert.equal(check({ defaulted: [{ object: 'n/x', fields: ['.spec.a'] }] }), 'warn')
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

describe('fieldDifferences', () => {
  it('tells what is lost from what is gained, and ignores metadata and status', () => {
    const found = fieldDifferences(
      '{"metadata":{"a":1},"spec":{"a":1,"b":[1,2]}}',
      '{"metadata":{"a":2},"spec":{"b":[1,3],"c":0},"status":{}}',
    )
    assert.deepEqual(found, { lost: ['.spec.a', '.spec.b[1]'], gained: ['.spec.c'] })
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
