import assert from 'node:assert/strict'
import { osm } from '../../../src/meshes/osm/osm.js'
import type { CheckInput } from '../../../src/plan/checks/check.js'
import type { Finding } from '../../../src/model/finding.js'
import { refOf, type KubeObject } from '../../../src/model/kube-object.js'
import { preflightChecks } from '../../../src/plan/checks/registry.js'
import { aChart, aCluster, aRelease } from '../../support/builders.js'

const available = ['0.9.1', '0.9.2', '0.10.0', '0.11.0', 'v0.11.1', '1.0.0']

function anInput(): CheckInput {
  return {
    ...{ profile: osm, cluster: aCluster(), release: aRelease(), chart: aChart(), available },
    ...{ before: [], after: [], comingKinds: new Set<string>(), kept: [] },
  }
}

function findings(changes: Partial<CheckInput> = {}): Finding[] {
  const input = { ...anInput(), ...changes }
  return preflightChecks.flatMap((check) => check(input))
}

function codes(changes: Partial<CheckInput> = {}): string[] {
  return findings(changes).map(({ code }) => code)
}

describe('preflight checks', () => {
  it('let a supported jump pass', () => assert.deepEqual(codes(), []))

  it('refuse a downgrade and a jump over two minors, and warn of versions to avoid', () => {
    assert.deepEqual(codes({ chart: aChart({ version: '0.9.1' }) }), ['MU301'])
    assert.deepEqual(codes({ chart: aChart({ version: 'v0.11.1' }) }), ['MU302'])
    const old = aRelease({ chartVersion: '0.8.4' })
    assert.deepEqual(codes({ release: old, chart: aChart({ version: '0.9.1' }) }), ['MU303'])
  })

  it('take 0.11 → 1.0 for one step', () => {
    assert.deepEqual(
      codes({ release: aRelease({ chartVersion: 'v0.11.1' }), chart: aChart({ version: '1.0.0' }) }),
      [],
    )
  })

  it('warn of a run that has not ended well, with the commands that end it', () => {
    const lastRun = (phase: 'Failed' | 'Interrupted' | 'Running' | 'Succeeded' | 'RolledBack'): Finding[] =>
      findings({ lastRun: { run: 'run-1', phase, from: '0.9.2', to: '0.10.0', conditions: [] } })
    for (const phase of ['Failed', 'Interrupted', 'Running'] as const) {
      const [finding] = lastRun(phase)
      assert.deepEqual([finding?.code, finding?.severity], ['MU610', 'warning'])
      assert.deepEqual(finding?.remedy?.commands, [
        '{program} resume osm -n osm-system',
        '{program} rollback osm -n osm-system --run run-1',
      ])
    }
    assert.deepEqual([...lastRun('Succeeded'), ...lastRun('RolledBack')], [])
  })

  it('refuse a pending release with the rollback that mends it', () => {
    const history = [
      { releaseRevision: 3, releaseStatus: 'pending-upgrade' as const },
      { releaseRevision: 1, releaseStatus: 'superseded' as const },
      { releaseRevision: 2, releaseStatus: 'deployed' as const },
    ]
    assert.deepEqual(
      codes({ release: aRelease({ releaseStatus: 'pending-upgrade', releaseRevision: 3, history }) }),
      ['MU601'],
    )
  })

  it('know no rollback where nothing was ever deployed', () => {
    const [history, remedy] = findings({
      release: aRelease({
        releaseStatus: 'pending-install',
        history: [{ releaseRevision: 1, releaseStatus: 'pending-install' }],
      }),
    }).flatMap((finding) => finding.remedy?.commands ?? [])
    assert.deepEqual(
      [history, remedy],
      ['helm history osm -n osm-system', 'helm uninstall osm -n osm-system'],
    )
  })

  it('refuse a chart of another name', () =>
    assert.deepEqual(codes({ chart: aChart({ name: 'istiod' }) }), ['MU304']))

  it('warn of an admission webhook configuration that leaves the chart, unless a step keeps it', () => {
    const webhook = (annotations: Record<string, string> = {}): KubeObject => ({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'inject', annotations },
    })
    const cluster = aCluster()
    const served = { group: 'admissionregistration.k8s.io', version: 'v1', namespaced: false }
    const kind = 'MutatingWebhookConfiguration'
    cluster.servedKinds.push({ ...served, kind, plural: 'mutatingwebhookconfigurations' })
    const after = [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } }]
    const check = (changes: Partial<CheckInput>): string[] =>
      preflightChecks.flatMap((each) =>
        each({ ...anInput(), cluster, after, before: [webhook()], ...changes }).map(
          ({ code, severity }) => `${code} ${severity}`,
        ),
      )
    assert.deepEqual(check({}), ['MU404 warning'])
    assert.deepEqual(check({ kept: [refOf(webhook())] }), ['MU404 info'])
    assert.deepEqual(check({ after: [...after, webhook()] }), [])
    assert.deepEqual(check({ before: [webhook({ 'helm.sh/resource-policy': 'keep' })] }), [])
    assert.deepEqual(check({ after: [] }), [])
  })

  it('refuse kinds that are not served, but not those that the CRDs of the plan bring', () => {
    const object = { apiVersion: 'config.example.com/v1', kind: 'Mesh', metadata: { name: 'm' } }
    assert.deepEqual(codes({ before: [object] }), ['MU401'])
    assert.deepEqual(codes({ after: [object] }), ['MU402'])
    assert.deepEqual(codes({ after: [object], comingKinds: new Set(['config.example.com/v1/Mesh']) }), [])
  })
})
