import assert from 'node:assert/strict'
import type { CrdChange, CustomResourceKind, RawObject } from '../../../src/model/crd.js'
import { judgeForRecreation, ownersAmong, planRecreation } from '../../../src/plan/crds/plan-recreation.js'
import { compareCrds } from '../../../src/plan/crds/compare-crds.js'
import { planSteps } from '../../../src/plan/steps.js'
import { aCrd } from '../../support/builders.js'

const kind: CustomResourceKind = {
  ...{ crd: 'things.example.com', group: 'example.com', version: 'v1', kind: 'Thing', plural: 'things' },
  namespaced: true,
}
const schema = {
  type: 'object',
  properties: {
    spec: { type: 'object', required: ['size'], properties: { size: { type: 'integer' } } },
  },
}
const target = aCrd('things.example.com', { v1: schema })
const field = { crd: kind.crd, path: ['spec', 'size'], value: 2048, why: 'as the mesh does' }

function anObject(content: object, metadata: object = {}): RawObject {
  const summary = { namespace: 'n', name: 'one', uid: 'u', resourceVersion: '1' }
  const raw = JSON.stringify({ metadata: { name: 'one', namespace: 'n', ...metadata }, ...content })
  return { ...summary, specDigest: '', labelsDigest: '', raw }
}

function aChange(changes: Partial<CrdChange> = {}): CrdChange {
  return {
    ...{
      name: kind.crd,
      owner: 'chart',
      action: 'recreate',
      releaseNotes: 'unknown',
      targetChart: 'changed',
    },
    target: { servedVersions: ['v1'], storageVersion: 'v1', storedVersions: [] },
    ...{ differences: [], managers: [], customResources: 3 },
    ...changes,
  }
}

function planOf(object: RawObject, fields = [field]): ReturnType<typeof planRecreation> {
  const verdict = judgeForRecreation(kind, object, target, fields)
  const verdicts = verdict ? [verdict] : []
  return planRecreation({ crds: [aChange()], kinds: [kind], verdicts, fields, dependents: [] })
}

describe('planning to delete and make again', () => {
  it('needs a consent of its own, and nothing more where every object fits', () => {
    const { findings, edits, consents } = planOf(anObject({ spec: { size: 1 } }))
    assert.deepEqual([findings, edits, consents.map(({ id }) => id)], [[], [], ['recreate-crds']])
    assert.match(consents[0]?.text ?? '', /3 custom resources of 1 kinds/)
  })

  it('stops at an object that the new CRD would refuse, naming it and the field', () => {
    const [finding] = planOf(anObject({ spec: {} }), []).findings
    assert.deepEqual([finding?.code, finding?.severity, finding?.field], ['MU211', 'error', '.spec.size'])
    assert.equal(finding?.object?.name, 'one')
  })

  it('adds a field that the mesh knows, with consent', () => {
    const { findings, edits, consents } = planOf(anObject({ spec: {} }))
    assert.deepEqual(
      findings.map(({ code, severity }) => [code, severity]),
      [['MU212', 'info']],
    )
    assert.deepEqual(edits, [
      { crd: kind.crd, namespace: 'n', name: 'one', path: ['spec', 'size'], value: 2048 },
    ])
    assert.deepEqual(
      consents.map(({ id }) => id),
      ['recreate-crds', 'set:things.size'],
    )
  })

  it('asks before fields are lost, and warns of finalizers', () => {
    const lossy = planOf(anObject({ spec: { size: 1, old: true } }))
    assert.deepEqual(
      lossy.consents.map(({ id }) => id),
      ['recreate-crds', 'lose:things'],
    )
    const held = planOf(anObject({ spec: { size: 1 } }, { finalizers: ['example.com/hold'] }))
    assert.deepEqual(
      held.findings.map(({ code, severity }) => [code, severity]),
      [['MU213', 'warning']],
    )
    const going = planOf(anObject({ spec: { size: 1 } }, { deletionTimestamp: '2026-01-01T00:00:00Z' }))
    assert.equal(going.findings[0]?.severity, 'error')
  })

  it('stops where objects could not be made again in their version, or others would go with them', () => {
    const versions = { servedVersions: ['v2'], storageVersion: 'v2', storedVersions: [] }
    const dependents = [{ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'n', name: 'd' }]
    const crds = [aChange({ target: versions })]
    const { findings } = planRecreation({ crds, kinds: [kind], verdicts: [], fields: [], dependents })
    assert.deepEqual(
      findings.map(({ code, severity }) => [code, severity]),
      [
        ['MU216', 'error'],
        ['MU215', 'error'],
      ],
    )
    const owner = { apiVersion: 'example.com/v1', kind: 'Thing', name: 'one', uid: 'u' }
    assert.equal(ownersAmong({ metadata: { ownerReferences: [owner] } }, [kind]), true)
    assert.equal(ownersAmong({ metadata: { ownerReferences: [{ ...owner, kind: 'Other' }] } }, [kind]), false)
    assert.equal(ownersAmong('nonsense', [kind]), false)
  })

  it('deletes, creates and puts back before helm', () => {
    const steps = planSteps({
      ...{ hop: 1, executor: 'mesh-upgrade', release: { name: 'r', namespace: 'n' }, chartVersion: '1.0.0' },
      ...{ crds: [aChange()], crdGroups: [], kept: [], workloads: [] },
      crdOwner: { since: '0.0.0', owner: 'chart', by: 'helm' },
      byHand: { upgrade: [], crdLocation: 'crds/', fetchCrds: [] },
    })
    assert.deepEqual(
      steps.map(({ type }) => type),
      [...['backup', 'delete-crds', 'apply-crds', 'restore-resources', 'upgrade-release', 'verify']],
    )
  })

  it('takes a CRD whose stored version goes, which in place is refused', () => {
    const live = aCrd(kind.crd, { v1: schema, v2: schema })
    const next = aCrd(kind.crd, { v2: schema })
    const compare = (recreate: boolean): string[] =>
      compareCrds({
        live: [{ name: kind.crd, object: live, raw: '' }],
        target: [{ file: 'crds/x.yaml', object: next }],
        ...{ proofs: [], notes: [], counts: new Map([[kind.crd, 1]]), owner: 'chart', skip: false, recreate },
      }).findings.map(({ code }) => code)
    assert.ok(compare(false).includes('MU201'))
    assert.ok(!compare(true).includes('MU201'))
  })

  it('says beforehand which CRD cannot be taken back', () => {
    const live = aCrd(kind.crd, { v1: schema })
    const next = aCrd(kind.crd, { v2: schema, v1: schema })
    const { findings } = compareCrds({
      live: [{ name: kind.crd, object: live, raw: '' }],
      target: [{ file: 'crds/x.yaml', object: next }],
      ...{ proofs: [], notes: [], counts: new Map([[kind.crd, 1]]), owner: 'chart', skip: false },
    })
    const oneWay = findings.find(({ code }) => code === 'MU210')
    assert.equal(oneWay?.severity, 'warning')
    assert.match(oneWay?.message ?? '', /stores objects in v2/)
  })
})
