import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { KubeObject } from '../../../src/model/kube-object.js'
import { planAdoption, type AdoptionInput } from '../../../src/plan/objects/plan-adoption.js'
import { planRecreatedObjects } from '../../../src/plan/objects/plan-recreated-objects.js'
import { neededPermissions } from '../../../src/plan/permissions/needed-permissions.js'
import { stepsBeforeHelm } from '../../../src/plan/remedy-steps.js'
import { unneededConsents } from '../../../src/plan/unneeded-consents.js'
import { aCluster, aRelease } from '../../support/builders.js'

const release = { name: 'osm', namespace: 'osm-system' }
const id = 'adopt:ConfigMap/osm-system/settings'
const wish = { release, executor: 'mesh-upgrade' as const, accepted: [] as string[] }

function settings(owner?: string, labels = { 'app.kubernetes.io/managed-by': 'Helm' }): KubeObject {
  const annotations = { 'meta.helm.sh/release-name': owner, 'meta.helm.sh/release-namespace': 'osm-system' }
  const metadata = { name: 'settings', namespace: 'osm-system' }
  const marks = owner === undefined ? {} : { labels, annotations }
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...metadata, ...marks } as KubeObject['metadata'],
  }
}

function adoption(live: KubeObject, changes: Partial<AdoptionInput> = {}): string[] {
  const planned = planAdoption({ ...wish, live: [live], stored: [], takesOwnership: false, ...changes })
  const told = planned.findings.map(({ severity, remedy }) => `${severity} ${remedy?.consent ?? '-'}`)
  return [...told, ...planned.adopted.map(({ name }) => `adopts ${name}`)]
}

describe('planAdoption', () => {
  const other = [{ name: 'other', namespace: 'osm-system' }]
  const accepted = { accepted: [id] }

  it('lets pass what is the release’s own', () => assert.deepEqual(adoption(settings('osm')), []))
  it('offers to take what nobody owns', () => assert.deepEqual(adoption(settings()), [`error ${id}`]))
  it('takes it where that is accepted', () =>
    assert.deepEqual(adoption(settings(), accepted), ['warning -', 'adopts settings']))
  it('offers what a release owned that is gone, or that lacks a mark', () => {
    assert.deepEqual(adoption(settings('other')), [`error ${id}`])
    assert.deepEqual(adoption(settings('osm', { 'app.kubernetes.io/managed-by': 'x' })), [`error ${id}`])
  })
  it('never takes what another release owns, whatever is accepted', () =>
    assert.deepEqual(adoption(settings('other'), { stored: other, ...accepted }), ['error -']))
  it('leaves it to helm where helm is told to take it', () =>
    assert.deepEqual(adoption(settings('other'), { stored: other, takesOwnership: true }), ['warning -']))
  it('has no step for helm alone', () =>
    assert.deepEqual(adoption(settings(), { executor: 'helm', ...accepted }), ['error -']))

  it('is total: any metadata gives an answer', () => {
    fc.assert(
      fc.property(fc.object(), (metadata) => {
        adoption({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', labels: metadata as never } })
      }),
    )
  })
})

describe('planRecreatedObjects', () => {
  const web = (app: string): KubeObject => ({
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'osm-system' } },
    spec: { selector: { matchLabels: { app } } },
  })
  const both = { before: [web('a')], after: [web('b')] }

  it('offers, and with consent has a step, its permissions and the orphans', () => {
    const [offer] = planRecreatedObjects({ ...wish, ...both }).findings
    assert.deepEqual(
      [offer?.severity, offer?.field, offer?.remedy?.consent],
      ['error', '.spec.selector', 'recreate:Deployment/osm-system/web'],
    )
    const accepted = ['recreate:Deployment/osm-system/web']
    const planned = planRecreatedObjects({ ...wish, ...both, accepted })
    assert.deepEqual(
      [planned.findings[0]?.severity, planned.consents.map((each) => each.id)],
      ['warning', accepted],
    )
    assert.deepEqual(
      stepsBeforeHelm(planned, release).map(({ commands }) => commands),
      [['kubectl delete deployment/web -n osm-system --cascade=orphan']],
    )
    const { servedKinds } = aCluster()
    const needed = neededPermissions({
      ...{ executor: 'mesh-upgrade', release: aRelease(), crds: [], objects: [], kept: [] },
      ...{ remedies: planned, servedKinds },
    })
    const deployments = needed.filter(({ resource }) => resource === 'deployments')
    assert.deepEqual(
      deployments.map(({ verb, names }) => [verb, ...names]),
      [['delete', 'web'], ['create']],
    )
  })

  it('never offers a volume claim', () => {
    const claim = (mode: string): KubeObject => ({
      ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'disk', namespace: 'x' } },
      spec: { accessModes: [mode] },
    })
    const accepted = ['recreate:PersistentVolumeClaim/x/disk']
    const input = { before: [claim('ReadWriteOnce')], after: [claim('ReadWriteMany')], accepted }
    const planned = planRecreatedObjects({ ...wish, ...input })
    assert.deepEqual([planned.recreated, planned.consents], [[], []])
    assert.deepEqual(
      planned.findings.map(({ severity, remedy }) => [severity, remedy?.consent]),
      [['error', undefined]],
    )
  })
})

it('names what was accepted and is not needed', () => {
  const found = unneededConsents(['a', 'b'], [{ id: 'b', text: '' }])
  assert.deepEqual(
    found.map(({ code, severity }) => [code, severity]),
    [['MU607', 'info']],
  )
  assert.match(found[0]?.message ?? '', /--accept a/)
})
