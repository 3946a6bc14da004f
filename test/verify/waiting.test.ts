import assert from 'node:assert/strict'
import { UpgradeError } from '../../src/errors.js'
import type { KubeObject } from '../../src/model/kube-object.js'
import type { ReleaseSnapshot } from '../../src/model/release.js'
import type { Verdict } from '../../src/model/verdict.js'
import type { ClusterReader } from '../../src/ports/cluster.js'
import type { ReadPorts } from '../../src/ports/ports.js'
import { verifyUpgrade, type VerifyWish } from '../../src/verify/verify-upgrade.js'
import { aCluster, aDeployment, aRelease } from '../support/builders.js'
import { refusing } from '../support/fake-ports.js'

const manifest = [
  'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}',
  'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: b}',
  ...['s1', 's2', 's3'].map((name) => `apiVersion: v1\nkind: Secret\nmetadata: {name: ${name}}`),
].join('\n---\n')
const forbidden = new UpgradeError('ApiFailure', 'GET /x: cannot list resource "secrets"', { status: '403' })

interface World {
  /** Seconds after which each comes about. */
  deploymentsDone?: number
  secretsReadable?: number
  release?: Partial<ReleaseSnapshot>
}

interface Looked {
  verdict: Verdict
  seconds: number
  calls: string[]
  notes: string[]
}

/** Verifies in a world that changes with time; sleeping is what lets time pass. */
async function look(world: World, wish: Partial<VerifyWish> = {}): Promise<Looked> {
  const { deploymentsDone = 0, secretsReadable = 0 } = world
  let now = 0
  const calls: string[] = []
  const notes: string[] = []
  const at = (seconds: number): boolean => now >= seconds * 1000
  const meta = (kind: string, name: string): KubeObject => ({
    ...{ apiVersion: 'v1', kind, metadata: { name, namespace: 'osm-system' } },
  })
  const cluster = refusing<ClusterReader>({
    servedKinds: async () => aCluster().servedKinds,
    readCrds: async () => [],
    listObjects: async (_apiVersion, kind, options = {}) => {
      calls.push(`${kind}${options.metadataOnly === true ? ' metadata' : ''}`)
      if (kind === 'Secret' && !at(secretsReadable)) throw forbidden
      if (kind === 'Secret') return ['s1', 's2', 's3', 'other'].map((name) => meta('Secret', name))
      const status = at(deploymentsDone) ? {} : { availableReplicas: 0 }
      return kind === 'Deployment' ? ['a', 'b'].map((name) => aDeployment(name, status)) : []
    },
  })
  const { chartName = 'any', releaseStatus = 'deployed' } = world.release ?? {}
  const ports = refusing<ReadPorts>({
    cluster,
    releases: refusing<ReadPorts['releases']>({
      readRelease: async () => aRelease({ manifest, chartName, releaseStatus }),
    }),
    clock: refusing<ReadPorts['clock']>({
      now: () => now,
      sleep: async (ms: number) => void (now += ms),
    }),
    progress: (event) => void (event.type === 'step-progress' && notes.push(event.message)),
    redact: (text) => text,
  })
  const base = { release: { name: 'osm', namespace: 'osm-system' }, workloads: [], expectedCrds: [] }
  const verdict = await verifyUpgrade({ ...base, customResourceKinds: [], ...wish }, ports)
  return { verdict, seconds: now / 1000, calls, notes }
}

describe('verifying', () => {
  it('asks once for each kind, and for the metadata of Secrets alone', async () => {
    const { verdict, calls } = await look({})
    assert.equal(verdict.outcome, 'pass', JSON.stringify(verdict))
    assert.deepEqual(calls.sort(), ['Deployment', 'Pod metadata', 'ReplicaSet metadata', 'Secret metadata'])
  })

  it('does not wait unless it is told to', async () => {
    const { verdict, seconds } = await look({ deploymentsDone: 3 })
    assert.deepEqual([verdict.outcome, seconds], ['incomplete', 0])
  })

  it('waits for what is on its way and tells what that is, once', async () => {
    const { verdict, seconds, notes } = await look({ deploymentsDone: 20 }, { waitMs: 60_000 })
    assert.deepEqual([verdict.outcome, seconds], ['pass', 20])
    assert.equal(notes.length, 1)
    assert.match(notes[0] ?? '', /waiting for: not complete yet: .*a: 0 of 1 available/)
  })

  it('is incomplete where the time runs out, and ends at once where the person interrupts', async () => {
    const late = await look({ deploymentsDone: 100 }, { waitMs: 10_000 })
    assert.deepEqual([late.verdict.outcome, late.seconds], ['incomplete', 10])
    const stopped = await look({ deploymentsDone: 100 }, { waitMs: 10_000, signal: AbortSignal.abort() })
    assert.deepEqual([stopped.verdict.outcome, stopped.seconds], ['incomplete', 0])
  })

  it('believes a failure only after a while, and what cannot be read too', async () => {
    const soon = await look({ secretsReadable: 3 }, { waitMs: 60_000 })
    assert.deepEqual([soon.verdict.outcome, soon.seconds], ['pass', 3])
    const never = await look({ secretsReadable: 1000 }, { waitMs: 60_000 })
    assert.deepEqual([never.verdict.outcome, never.seconds], ['unknown', 5])
    const hidden = never.verdict.checks.find(({ id }) => id === 'objects-current')
    assert.match(hidden?.message ?? '', /^2 of 5 objects current; .*cannot list resource "secrets"/)
    const failed = await look({ release: { releaseStatus: 'failed' } }, { waitMs: 60_000 })
    assert.deepEqual([failed.verdict.outcome, failed.seconds], ['fail', 5])
  })

  it('counts the workloads that the run knows of besides those of the manifest', async () => {
    const gone = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'osm-system', name: 'gone' }
    const { verdict } = await look({}, { workloads: [gone] })
    const workloads = verdict.checks.find(({ id }) => id === 'workloads-current')
    assert.deepEqual([workloads?.status, workloads?.counts], ['fail', { good: 2, total: 3 }])
  })
})
