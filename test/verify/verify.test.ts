import assert from 'node:assert/strict'
import fc from 'fast-check'
import { exitCodeOfVerdict } from '../../src/cli/exit-code.js'
import type { CheckResult } from '../../src/model/verdict.js'
import { verdictOf } from '../../src/model/verdict.js'
import type { LiveCrd } from '../../src/model/crd.js'
import type { ReleaseHook } from '../../src/model/release.js'
import type { ObjectState, OldPod, RolloutStatus, WorkloadStatus } from '../../src/model/rollout.js'
import { crdsEstablished } from '../../src/verify/checks/crds-established.js'
import { postflightChecks } from '../../src/verify/checks/registry.js'
import { fieldDifferences, formatPath, type FieldPath } from '../../src/verify/field-differences.js'
import type { Json } from '../../src/model/values.js'
import type { KindComparison, Observation } from '../../src/verify/observation.js'
import { schemaEffect, type SchemaChange } from '../../src/verify/schema-effects.js'
import { missingWorkload, workloadStatus } from '../../src/diagnose/workload-status.js'
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
    objects: [{ object: { apiVersion: 'v1', kind: 'Secret', name: 's' }, status: 'Current', message: '' }],
    manifestProblems: [],
    workloads: [workloadStatus(aDeployment('c'))],
    oldPods: [],
    hooks: [],
    mesh: [],
    served: new Set(['b/v1/', 'd/v1/', 'd/v0/', 'b/v0/']),
    crds: [{ name: 'a.b', object: aCrd('a.b', { v1: {} }), raw: '' }],
    expectedCrds: ['a.b'],
    kept: { objects: [], gone: [] },
    customResources: [kind],
    unreadable: [],
    namespace: { apiVersion: 'v1', kind: 'Namespace', name: 'osm-system' },
  }
}

const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'n', name: 'd' }

function checkOf(changes: Partial<Observation>, id: string): CheckResult | undefined {
  const observation: Observation = { ...anObservation(), ...changes }
  return postflightChecks.flatMap((check) => check(observation) ?? []).find((result) => result.id === id)
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

  it('fail on another revision than the one that the run made', () => {
    assert.deepEqual(judge({ expectedRevision: 2 }), { 'release-deployed': 'fail' })
    assert.deepEqual(judge({ expectedRevision: 1 }), {})
    const failed = aRelease({ chartVersion: '0.9.2', failedAt: '0.10.0', releaseStatus: 'failed' })
    assert.match(checkOf({ release: failed }, 'release-deployed')?.message ?? '', /failed at chart 0\.10\.0/)
    // A repair does not write helm's record.
    const repaired = { release: failed, mayHaveFailed: true, expectedChartVersion: '0.10.0' }
    assert.deepEqual(checkOf(repaired, 'release-deployed')?.status, 'warn')
  })

  it('are incomplete while a workload is on its way, and fail where it is gone or will not come about', () => {
    const look = (workload: WorkloadStatus): unknown => judge({ workloads: [workload] })
    assert.deepEqual(look(workloadStatus(aDeployment('c', { updatedReplicas: 0 }))), {
      'workloads-current': 'incomplete',
    })
    assert.deepEqual(look(workloadStatus(aDeployment('c', {}, 3))), { 'workloads-current': 'incomplete' })
    const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }]
    assert.deepEqual(look(workloadStatus(aDeployment('c', { conditions }))), { 'workloads-current': 'fail' })
    assert.deepEqual(look(missingWorkload(ref)), { 'workloads-current': 'fail' })
  })

  it('ask every object of the manifest, count them, and name what is missing or hidden', () => {
    const state = (name: string, status: RolloutStatus, message = ''): ObjectState => ({
      ...{ object: { apiVersion: 'v1', kind: 'Secret', namespace: 'n', name }, status, message },
    })
    const look = (...objects: ObjectState[]): CheckResult | undefined =>
      checkOf({ objects }, 'objects-current')
    const good = look(state('a', 'Current'), state('b', 'Current'))
    assert.deepEqual([good?.status, good?.message], ['pass', '2 of 2 objects current'])
    assert.deepEqual(good?.counts, { good: 2, total: 2 })
    const bad = look(state('a', 'Current'), state('b', 'NotFound', 'not found'))
    assert.deepEqual([bad?.status, bad?.message], ['fail', '1 of 2 objects current; Secret n/b: not found'])
    const hidden = look(...['a', 'b', 'c'].map((name) => state(name, 'Unknown', 'cannot list secrets')))
    assert.deepEqual(
      [hidden?.status, hidden?.message],
      ['unknown', '0 of 3 objects current; Secret n/a and 2 more: cannot list secrets'],
    )
    assert.equal(look(state('a', 'InProgress'))?.status, 'incomplete')
    assert.deepEqual(judge({ manifestProblems: ['a rendered document is no YAML'] }), {
      'objects-current': 'unknown',
    })
  })

  it('know nothing where neither release nor discovery could be read, and say why', () => {
    const { objects: _objects, oldPods: _oldPods, served: _served, ...rest } = anObservation()
    const unreadable = [{ what: 'discovery' as const, why: 'forbidden' }]
    const results = postflightChecks.flatMap((check) => check({ ...rest, unreadable }) ?? [])
    const unknown = results.filter(({ status }) => status === 'unknown')
    assert.deepEqual(
      unknown.map(({ id }) => id),
      ['objects-current', 'workloads-current', 'old-pods-gone', 'crds-established'],
    )
    for (const { message } of unknown) assert.match(message, /discovery: forbidden/)
  })

  it('wait for old pods, those that are being deleted too, and warn of those that the strategy keeps', () => {
    const pod = (changes: Partial<OldPod>): OldPod => ({
      ...{ pod: { apiVersion: 'v1', kind: 'Pod', namespace: 'n', name: 'p' }, workload: ref },
      ...{ terminating: false, mayStay: false, ...changes },
    })
    assert.deepEqual(judge({ oldPods: [pod({})] }), { 'old-pods-gone': 'incomplete' })
    assert.deepEqual(judge({ oldPods: [pod({ terminating: true })] }), { 'old-pods-gone': 'incomplete' })
    assert.deepEqual(judge({ oldPods: [pod({ mayStay: true })] }), { 'old-pods-gone': 'warn' })
  })

  it('ask how hooks ended', () => {
    const hook: ReleaseHook = { object: ref, events: ['pre-upgrade'], lastPhase: 'Succeeded' }
    const look = (status: RolloutStatus): unknown => judge({ hooks: [{ hook, status, message: '' }] })
    assert.deepEqual(look('Current'), {})
    assert.deepEqual(look('Failed'), { 'hooks-done': 'fail' })
    assert.deepEqual(look('InProgress'), { 'hooks-done': 'incomplete' })
    assert.deepEqual(look('Unknown'), { 'hooks-done': 'unknown' })
    const { lastPhase: _lastPhase, ...notRun } = hook
    const state = { hook: notRun, status: 'NotFound' as const, message: '' }
    assert.deepEqual(judge({ hooks: [state] }), { 'hooks-done': 'warn' })
  })

  it('ask for what the mesh makes itself', () => {
    const expectation = { type: 'webhook' as const, object: ref, by: 'osm-injector' }
    const look = (status: RolloutStatus, message = ''): CheckResult | undefined =>
      checkOf({ mesh: [{ expectation, status, message }] }, 'mesh-ready')
    assert.equal(look('Current')?.status, 'pass')
    const bad = look('Failed', 'has no caBundle')
    assert.equal(bad?.status, 'fail')
    assert.match(bad?.message ?? '', /has no caBundle \(it is the work of osm-injector\)/)
    assert.equal(look('Unknown')?.status, 'unknown')
  })

  it('fail on a CRD that is gone, and are incomplete while discovery does not list a version', () => {
    assert.deepEqual(judge({ crds: [] }), { 'crds-established': 'fail' })
    assert.deepEqual(judge({ served: new Set() }), { 'crds-established': 'incomplete' })
    const conditions = [{ type: 'NamesAccepted', status: 'False', reason: 'ListKindConflict' }]
    const object = { ...aCrd('a.b', { v1: {} }), status: { conditions } }
    const crds = [{ name: 'a.b', object, raw: '' }]
    assert.deepEqual(judge({ crds }), { 'crds-established': 'fail' })
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
    const unreadable = [{ what: 'kept objects' as const, why: 'forbidden' }]
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
    assert.equal(verdictOf([result('unknown'), result('incomplete')]).outcome, 'unknown')
    const incomplete = verdictOf([result('pass'), result('incomplete')])
    assert.deepEqual([incomplete.outcome, exitCodeOfVerdict(incomplete)], ['incomplete', 1])
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
