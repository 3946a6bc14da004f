/** The questions that change nothing: how is the mesh, is the rollout whole, what keeps it from being so. */
import { publishedVersions } from './discover/choose-target.js'
import { readCluster } from './discover/read-cluster.js'
import { findMeshes, findRelease, type ReleaseWish } from './discover/find-release.js'
import { messageOf } from './errors.js'
import { profileForChart } from './meshes/registry.js'
import { stableAfter } from './meshes/version-order.js'
import { refOf } from './model/kube-object.js'
import type { MeshStatus } from './model/mesh-status.js'
import type { ObjectRef } from './model/object-ref.js'
import type { ReleaseSnapshot } from './model/release.js'
import type { Diagnosis } from './model/rollout.js'
import type { Verdict } from './model/verdict.js'
import { isWorkload } from './plan/objects/is-workload.js'
import { manifestScope, parseManifest } from './plan/objects/parse-manifest.js'
import type { ReadPorts } from './ports/ports.js'
import { diagnoseRelease } from './troubleshoot/diagnose-release.js'
import { verifyUpgrade } from './verify/verify-upgrade.js'

/** A diagnosis and the release that it is about. */
export interface ReleaseDiagnosis extends Diagnosis {
  release: { name: string; namespace: string; releaseRevision: number; releaseStatus: string }
}

/** The post-checks alone: release, workloads and CRDs as they are now. Throws as `findRelease`. */
export async function verifyRelease(wish: ReleaseWish, ports: ReadPorts): Promise<Verdict> {
  const release = await findRelease(wish, ports)
  const { crdGroups } = profileForChart(release.chartName)
  const [workloads, liveNames] = await Promise.all([
    workloadsOf(release, ports),
    crdGroups.length > 0 ? ports.cluster.listCrdNames(crdGroups) : [],
  ])
  // What the chart brought must be there, whoever deleted it.
  const expectedCrds = [...new Set([...liveNames, ...release.crdNames])]
  return verifyUpgrade({ release, workloads, expectedCrds, customResourceKinds: [] }, ports)
}

/** The rollout as it is now. Throws as `findRelease`. */
export async function troubleshootRelease(wish: ReleaseWish, ports: ReadPorts): Promise<ReleaseDiagnosis> {
  const found = await findRelease(wish, ports)
  // An upgrade starts from the last deployed revision; what rolls out is that which failed.
  const failed = found.failedAt === undefined ? undefined : await ports.releases.readNewestRevision(found)
  const release = failed ?? found
  const { name, namespace, releaseRevision, releaseStatus } = release
  const workloads = await workloadsOf(release, ports)
  const withHooks = releaseStatus !== 'deployed'
  const diagnosis = await diagnoseRelease({ release, workloads, withHooks }, ports)
  return { ...diagnosis, release: { name, namespace, releaseRevision, releaseStatus } }
}

/** Every known mesh that is installed, or the one release that is named, and what is published for it. */
export async function readStatus(wish: ReleaseWish, ports: ReadPorts): Promise<MeshStatus[]> {
  if (wish.releaseName !== undefined) return [await statusOf(await findRelease(wish, ports), ports)]
  const meshes = await findMeshes(ports, wish.namespace)
  const releases = await Promise.all(meshes.map((mesh) => ports.releases.readRelease(mesh)))
  return Promise.all(releases.flatMap((release) => (release ? [statusOf(release, ports)] : [])))
}

async function statusOf(release: ReleaseSnapshot, ports: ReadPorts): Promise<MeshStatus> {
  const profile = profileForChart(release.chartName)
  const { name, namespace, releaseRevision, releaseStatus, chartVersion, appVersion } = release
  const published = await publishedVersions(release, profile, ports).catch((error: unknown) => {
    ports.progress({ type: 'note', message: `published versions are unknown: ${messageOf(error)}` })
    return undefined
  })
  const recommended = profile.recommendTarget(chartVersion, published ?? [])?.version
  return {
    mesh: { id: profile.id, title: profile.title },
    release: name,
    ...{ namespace, releaseRevision, releaseStatus, chartVersion, appVersion },
    ...(published ? { available: stableAfter(chartVersion, published) } : {}),
    ...(recommended === undefined ? {} : { recommended }),
  }
}

async function workloadsOf(release: ReleaseSnapshot, ports: ReadPorts): Promise<ObjectRef[]> {
  const { servedKinds } = await readCluster(ports)
  const scope = manifestScope(release.namespace, servedKinds)
  return parseManifest(release.manifest.reveal(), scope).objects.filter(isWorkload).map(refOf)
}
