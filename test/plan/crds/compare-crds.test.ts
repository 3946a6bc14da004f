import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { CrdChange, CrdOwner, CrdProof } from '../../../src/model/crd.js'
import type { KubeObject } from '../../../src/model/kube-object.js'
import type { ReleaseNotes } from '../../../src/model/release-notes.js'
import { compareCrds, type ComparedCrds } from '../../../src/plan/crds/compare-crds.js'
import { crdDifferences } from '../../../src/plan/crds/crd-differences.js'
import { crdRules } from '../../../src/plan/crds/rules/registry.js'
import { leftAloneFindings } from '../../../src/plan/crds/left-alone-findings.js'
import { planCrds } from '../../../src/plan/crds/plan-crds.js'
import { crdOwnershipAt } from '../../../src/meshes/crd-ownership.js'
import { generic } from '../../../src/meshes/generic.js'
import { osm } from '../../../src/meshes/osm/osm.js'
import { aCrd } from '../../support/builders.js'

const name = 'routes.mesh.example.com'
const schema = (properties: Record<string, unknown>, required: string[] = []): unknown => ({
  type: 'object',
  properties: { spec: { type: 'object', properties, required } },
})
const live = aCrd(name, { v1: schema({ port: { type: 'integer' }, host: { type: 'string' } }) })

function compare(
  target: KubeObject | undefined,
  more: { notes?: ReleaseNotes[]; proofs?: CrdProof[]; count?: number; owner?: CrdOwner } = {},
): ComparedCrds {
  return compareCrds({
    live: [{ name, object: live, raw: '' }],
    target: target ? [{ file: 'crds/routes.yaml', object: target }] : [],
    proofs: more.proofs ?? [],
    notes: more.notes ?? [],
    counts: new Map([[name, more.count ?? 3]]),
    owner: more.owner ?? 'chart',
    skip: false,
  })
}

function codes(target: KubeObject): string[] {
  return compare(target).findings.map(({ code }) => code)
}

describe('compareCrds', () => {
  it('does nothing where live and target agree', () => {
    const { changes, findings } = compare(structuredClone(live))
    assert.deepEqual([changes[0]?.action, changes[0]?.differences, findings], ['none', [], []])
  })

  it('names a field that leaves the schema and warns of the loss', () => {
    const target = aCrd(name, { v1: schema({ host: { type: 'string' } }) })
    const { changes, findings } = compare(target)
    assert.deepEqual(changes[0]?.differences, ['v1 .spec.port removed'])
    assert.deepEqual(
      findings.map(({ code, evidence }) => [code, evidence]),
      [['MU203', ['v1 .spec.port']]],
    )
  })

  it('says nothing of lost fields where there is no object', () => {
    assert.deepEqual(compare(aCrd(name, { v1: schema({}) }), { count: 0 }).findings, [])
  })

  it('warns of a newly required field, not of one with a default', () => {
    const fields = { port: { type: 'integer' }, host: { type: 'string' } }
    assert.deepEqual(codes(aCrd(name, { v1: schema(fields, ['port']) })), ['MU204'])
    const withDefault = { ...fields, port: { type: 'integer', default: 80 } }
    assert.deepEqual(codes(aCrd(name, { v1: schema(withDefault, ['port']) })), ['MU207'])
  })

  it('blocks a target without a stored version, and a changed scope', () => {
    const [found] = compare(aCrd(name, { v2: schema({}) })).findings
    assert.deepEqual([found?.code, found?.severity], ['MU201', 'error'])
    const cluster = aCrd(
      name,
      { v1: schema({ port: { type: 'integer' }, host: { type: 'string' } }) },
      { spec: { scope: 'Cluster' } },
    )
    assert.deepEqual(codes(cluster), ['MU205'])
  })

  it('believes the server: its refusal blocks, its result decides whether anything changes', () => {
    const refusal: CrdProof = {
      name,
      result: { ok: false, refusal: { status: 422, reason: 'Invalid', message: 'no' } },
    }
    assert.deepEqual(
      compare(structuredClone(live), { proofs: [refusal] }).findings.map(({ code }) => code),
      ['MU206'],
    )
    const forbidden: CrdProof = {
      name,
      result: { ok: false, refusal: { status: 403, reason: 'Forbidden', message: 'no' } },
    }
    assert.deepEqual(
      compare(structuredClone(live), { proofs: [forbidden] }).findings.map(({ severity }) => severity),
      ['unknown'],
    )
    const same: CrdProof = { name, result: { ok: true, object: live } }
    assert.equal(compare(aCrd(name, { v1: schema({}) }), { proofs: [same] }).changes[0]?.action, 'none')
  })

  it('never takes "not in the chart" for "removed"', () => {
    const by = (owner: CrdOwner): unknown => compare(undefined, { owner }).changes[0]?.action
    assert.deepEqual([by('workload'), by('chart')], ['left-to-owner', 'not-in-target'])
  })

  it('shows what release notes say, and where they disagree with the chart', () => {
    const target = aCrd(name, {
      v1: schema({ host: { type: 'string' }, port: { type: 'integer' }, tls: { type: 'boolean' } }),
    })
    const none: ReleaseNotes = { version: '0.10.0', crdUpdates: 'none', files: [], source: '', notable: [] }
    const input = {
      live: [{ name, object: live, raw: '' }],
      target: [{ file: 'crds/routes.yaml', object: target }],
      proofs: [],
      counts: new Map(),
      skip: false,
      executor: 'mesh-upgrade' as const,
      ...{ profile: osm, release: { chartVersion: '0.9.2' }, chart: { version: '0.10.0' } },
    }
    const silent = planCrds({ ...input, notes: [none] })
    assert.deepEqual(
      [silent.changes[0]?.releaseNotes, silent.changes[0]?.targetChart],
      ['unchanged', 'changed'],
    )
    assert.deepEqual(
      silent.findings.map(({ code }) => code),
      ['MU222'],
    )
    const telling = planCrds({
      ...input,
      notes: [{ ...none, crdUpdates: 'listed', files: ['charts/osm/crds/routes.yaml'] }],
    })
    assert.deepEqual([telling.changes[0]?.releaseNotes, telling.findings], ['changed', []])
    const unread = planCrds({ ...input, notes: [{ ...none, crdUpdates: 'unknown', source: 'offline' }] })
    assert.deepEqual([unread.changes[0]?.releaseNotes, unread.findings[0]?.severity], ['unknown', 'unknown'])
  })

  it('says who brings CRDs that the chart does not carry, and what makes them known', () => {
    const plan = (given: boolean, from: string): ComparedCrds =>
      planCrds({
        live: [{ name, object: live, raw: '' }],
        target: given ? [{ file: 'routes.yaml', object: live }] : [],
        ...{ proofs: [], notes: [], counts: new Map([[name, 3]]), skip: false, profile: osm },
        executor: 'mesh-upgrade',
        ...{ release: { chartVersion: from }, chart: { version: 'v0.11.1' } },
      })
    const said = (given: boolean, from = '0.10.0'): string[] =>
      plan(given, from).findings.map(({ code, severity }) => `${code} ${severity}`)
    assert.deepEqual(
      [said(false), said(true), said(false, '0.11.1')],
      [['MU208 unknown'], ['MU208 info'], []],
    )
    const [finding] = plan(false, '0.10.0').findings
    assert.match(finding?.message ?? '', /1 CRD with 3 custom resources.*osm-bootstrap/)
    assert.match(finding?.remedy?.commands[0] ?? '', /git clone .*--branch v0\.11\.1 /)
    assert.equal(plan(false, '0.10.0').changes[0]?.releaseNotes, 'unknown')
  })

  it('knows from which version on who brings them', () => {
    const owners = ['0.8.4', '0.9.2', '0.10.0', 'v0.11.0', '1.2.4'].map((at) => crdOwnershipAt(osm, at).owner)
    assert.deepEqual(owners, ['chart', 'chart', 'hook', 'workload', 'workload'])
    assert.equal(crdOwnershipAt(generic, '9.9.9').owner, 'chart')
  })

  it('does not call an upgrade fine that lacks its CRD: error for plain helm, warning where CRDs are skipped', () => {
    const severities = (executor: 'helm' | 'mesh-upgrade'): string[] =>
      leftAloneFindings(
        [
          {
            ...(compare(structuredClone(live)).changes[0] as CrdChange),
            action: 'none',
            targetChart: 'added',
          },
          {
            ...(compare(structuredClone(live)).changes[0] as CrdChange),
            action: 'none',
            targetChart: 'changed',
          },
        ],
        executor,
      ).map(({ severity }) => severity)
    assert.deepEqual(
      [severities('helm'), severities('mesh-upgrade')],
      [
        ['error', 'warning'],
        ['warning', 'warning'],
      ],
    )
  })

  it('is total: rules and differences take any object for a CRD', () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 6 }), fc.object({ maxDepth: 6 }), (left, right) => {
        const [a, b] = [hostile(left), hostile(right)]
        assert.ok(Array.isArray(crdDifferences(a, b)))
        for (const rule of crdRules)
          assert.ok(Array.isArray(rule({ name, live: a, target: b, customResources: 1 })))
      }),
    )
  })
})

function hostile(spec: unknown): KubeObject {
  const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: spec } }
  const object = { apiVersion: 'v1', kind: 'CustomResourceDefinition', metadata: { name } }
  return { ...object, spec: { ...(spec as object), versions: [version, spec] }, status: spec }
}
