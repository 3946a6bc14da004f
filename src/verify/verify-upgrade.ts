import { missingWorkload, workloadStatus } from '../diagnose/workload-status.js'
import { messageOf } from '../errors.js'
import type { CustomResourceKind, LiveCrd } from '../model/crd.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { ReleaseName, ReleaseSnapshot } from '../model/release.js'
import type { WorkloadStatus } from '../model/rollout.js'
import { verdictOf, type Verdict } from '../model/verdict.js'
import type { ReadPorts } from '../ports/ports.js'
import type { RunStore } from '../ports/run-store.js'
import { postflightChecks } from './checks/registry.js'
import { compareWithBackup } from './compare-custom-resources.js'
import type { KindComparison, Observation } from './observation.js'

export interface VerifyWish {
  release: ReleaseName
  expectedChartVersion?: string
  workloads: ObjectRef[]
  expectedCrds: string[]
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
  const [release, workloads, crds, customResources] = await Promise.all([
    read<ReleaseSnapshot | undefined>('release', ports.releases.readRelease(wish.release), undefined),
    Promise.all(
      wish.workloads.map((ref) =>
        read<WorkloadStatus>(ref.name, readWorkload(ref, ports), unknownWorkload(ref)),
      ),
    ),
    read<LiveCrd[]>('CRDs', ports.cluster.readCrds(wish.expectedCrds), []),
    compareAll(wish, ports),
  ])
  const { namespace } = wish.release
  return {
    ...(release ? { release } : {}),
    ...(wish.expectedChartVersion === undefined ? {} : { expectedChartVersion: wish.expectedChartVersion }),
    workloads,
    crds,
    expectedCrds: wish.expectedCrds,
    ...(customResources ? { customResources } : {}),
    unreadable,
    namespace: { apiVersion: 'v1', kind: 'Namespace', name: namespace },
  }
}

async function compareAll(wish: VerifyWish, ports: ReadPorts): Promise<KindComparison[] | undefined> {
  const { store } = wish
  if (!store) return undefined
  return Promise.all(wish.customResourceKinds.map((kind) => compareWithBackup(kind, ports.cluster, store)))
}

async function readWorkload(ref: ObjectRef, ports: ReadPorts): Promise<WorkloadStatus> {
  const object = await ports.cluster.readObject(ref)
  return object ? workloadStatus(object) : missingWorkload(ref)
}

function unknownWorkload(ref: ObjectRef): WorkloadStatus {
  return { ...missingWorkload(ref), rolloutStatus: 'Unknown', message: 'could not be read' }
}
