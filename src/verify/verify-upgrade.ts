import { missingWorkload, workloadStatus } from '../diagnose/workload-status.js'
import { messageOf } from '../errors.js'
import type { CustomResourceKind, LiveCrd } from '../model/crd.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { ReleaseName, ReleaseSnapshot } from '../model/release.js'
import type { WorkloadStatus } from '../model/rollout.js'
import type { Json } from '../model/values.js'
import { verdictOf, type Verdict } from '../model/verdict.js'
import type { ReadPorts } from '../ports/ports.js'
import type { RunStore } from '../ports/run-store.js'
import { postflightChecks } from './checks/registry.js'
import { compareWithBackup } from './compare-custom-resources.js'
import type { KindComparison, Observation } from './observation.js'
import { schemaOf } from './schema-effects.js'

export interface VerifyWish {
  release: ReleaseName
  expectedChartVersion?: string
  workloads: ObjectRef[]
  expectedCrds: string[]
  /** API groups in which the mesh's own workloads may have made CRDs. */
  crdGroups?: readonly string[]
  /** CRDs as they were before the run. */
  crdsBefore?: LiveCrd[]
  /** Objects that left the chart and were to stay. */
  kept?: ObjectRef[]
  customResourceKinds: CustomResourceKind[]
  /** The run's backup; absent for a check without a run. */
  store?: RunStore
}

/** Looks again: reads everything afresh, then judges. What cannot be read is unknown, not a pass. */
export async function verifyUpgrade(wish: VerifyWish, ports: ReadPorts): Promise<Verdict> {
  const observation = await observe(wish, ports)
  const results = postflightChecks.map((check) => check(observation))
  return verdictOf(results.filter((result) => result !== undefined))
}

async function observe(wish: VerifyWish, ports: ReadPorts): Promise<Observation> {
  const unreadable: string[] = []
  const read = async <T>(what: string, reading: Promise<T>, fallback: T): Promise<T> =>
    reading.catch((error: unknown) => {
      unreadable.push(`${what}: ${messageOf(error)}`)
      return fallback
    })
  const [release, workloads, crds, customResources, gone] = await Promise.all([
    read<ReleaseSnapshot | undefined>('release', ports.releases.readRelease(wish.release), undefined),
    Promise.all(
      wish.workloads.map((ref) =>
        read<WorkloadStatus>(ref.name, readWorkload(ref, ports), unknownWorkload(ref)),
      ),
    ),
    read<LiveCrd[]>('CRDs', readCrds(wish, ports), []),
    compareAll(wish, ports),
    read<ObjectRef[]>('kept objects', goneOf(wish.kept ?? [], ports), []),
  ])
  const { namespace } = wish.release
  return {
    ...(release ? { release } : {}),
    ...(wish.expectedChartVersion === undefined ? {} : { expectedChartVersion: wish.expectedChartVersion }),
    workloads,
    crds,
    expectedCrds: wish.expectedCrds,
    ...(wish.crdsBefore ? { crdsBefore: wish.crdsBefore } : {}),
    kept: { objects: wish.kept ?? [], gone },
    ...(customResources ? { customResources } : {}),
    unreadable,
    namespace: { apiVersion: 'v1', kind: 'Namespace', name: namespace },
  }
}

/** The CRDs that must be there and those that came besides. */
async function readCrds({ expectedCrds, crdGroups = [] }: VerifyWish, ports: ReadPorts): Promise<LiveCrd[]> {
  const now = crdGroups.length > 0 ? await ports.cluster.listCrdNames(crdGroups) : []
  return ports.cluster.readCrds([...new Set([...expectedCrds, ...now])])
}

async function goneOf(kept: readonly ObjectRef[], ports: ReadPorts): Promise<ObjectRef[]> {
  const found = await Promise.all(kept.map((ref) => ports.cluster.readObject(ref)))
  return kept.filter((_, index) => found[index] === undefined)
}

async function compareAll(wish: VerifyWish, ports: ReadPorts): Promise<KindComparison[] | undefined> {
  const { store, customResourceKinds: kinds } = wish
  if (!store) return undefined
  // Where the CRDs cannot be read, nothing is put down to them.
  const now = await ports.cluster.readCrds(kinds.map(({ crd }) => crd)).catch(() => [])
  return Promise.all(
    kinds.map((kind) => {
      const schemaIn = (crds: readonly LiveCrd[] = []): Json | undefined =>
        schemaOf(crds.find(({ name }) => name === kind.crd)?.object, kind.version)
      const schema = { before: schemaIn(wish.crdsBefore), now: schemaIn(now) }
      return compareWithBackup(kind, ports.cluster, store, schema)
    }),
  )
}

async function readWorkload(ref: ObjectRef, ports: ReadPorts): Promise<WorkloadStatus> {
  const object = await ports.cluster.readObject(ref)
  return object ? workloadStatus(object) : missingWorkload(ref)
}

function unknownWorkload(ref: ObjectRef): WorkloadStatus {
  return { ...missingWorkload(ref), rolloutStatus: 'Unknown', message: 'could not be read' }
}
