/** The questions that change nothing: how is the mesh, is the rollout whole, what keeps it from being so. */
import { failedRecord } from './diagnose/failed-record.js'
import { publishedVersions } from './discover/choose-target.js'
import { readCluster } from './discover/read-cluster.js'
import { findMeshes, findRelease, type ReleaseWish } from './discover/find-release.js'
import { messageOf } from './errors.js'
import { awaitRun, type AwaitedRun, type AwaitOptions } from './execute/await-run.js'
import { readRun } from './execute/run-record.js'
import { profileForChart } from './meshes/registry.js'
import { stableAfter } from './meshes/version-order.js'
import { refOf } from './model/kube-object.js'
import type { LastRun, MeshStatus } from './model/mesh-status.js'
import type { ObjectRef } from './model/object-ref.js'
import type { ReleaseName, ReleaseSnapshot } from './model/release.js'
import { awaySince } from './model/resources-away.js'
import type { Diagnosis } from './model/rollout.js'
import { isStopped } from './model/run-record.js'
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

/** The post-checks alone: everything of the release and its mesh as it is now. Throws as `findRelease`. */
export async function verifyRelease(wish: ReleaseWish, ports: ReadPorts): Promise<Verdict> {
  const release = await findRelease(wish, ports)
  const { crdGroups } = profileForChart(release.chartName)
  // What the chart brought must be there, whoever deleted it.
  const expectedCrds = release.crdNames
  return verifyUpgrade({ release, workloads: [], expectedCrds, crdGroups, customResourceKinds: [] }, ports)
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
  const description = ports.redact(release.description)
  const record = failedRecord({ ...release, description }, diagnosis)
  const findings = [...diagnosis.findings, ...(record ? [record] : [])]
  return { ...diagnosis, findings, release: { name, namespace, releaseRevision, releaseStatus } }
}

/** Every known mesh that is installed, or the one release that is named, and what is published for it. */
export async function readStatus(wish: ReleaseWish, ports: ReadPorts): Promise<MeshStatus[]> {
  if (wish.releaseName !== undefined) return [await statusOf(await findRelease(wish, ports), ports)]
  const meshes = await findMeshes(ports, wish.namespace)
  const releases = await Promise.all(meshes.map((mesh) => ports.releases.readRelease(mesh)))
  return Promise.all(releases.flatMap((release) => (release ? [statusOf(release, ports)] : [])))
}

/** Waits until the last run of the release is over; then its status. Throws as `findRelease`. */
export async function awaitRelease(
  wish: ReleaseWish,
  options: AwaitOptions,
  ports: ReadPorts,
): Promise<{ waited: AwaitedRun; status: MeshStatus }> {
  const found = await findRelease(wish, ports)
  const waited = await awaitRun({ name: found.name, namespace: found.namespace }, options, ports)
  // The run may have changed what was found.
  const release = await findRelease({ releaseName: found.name, namespace: found.namespace }, ports)
  return { waited, status: await statusOf(release, ports) }
}

async function statusOf(release: ReleaseSnapshot, ports: ReadPorts): Promise<MeshStatus> {
  const profile = profileForChart(release.chartName)
  const { name, namespace, releaseRevision, releaseStatus, chartVersion, appVersion } = release
  const published = await publishedVersions(release, profile, ports).catch((error: unknown) => {
    ports.progress({ type: 'note', message: `published versions are unknown: ${messageOf(error)}` })
    return undefined
  })
  const run = await runOf({ name, namespace }, ports)
  const recommended = profile.recommendTarget(chartVersion, published ?? [])?.version
  return {
    mesh: { id: profile.id, title: profile.title },
    release: name,
    ...{ namespace, releaseRevision, releaseStatus, chartVersion, appVersion },
    ...(published ? { available: stableAfter(chartVersion, published) } : {}),
    ...(recommended === undefined ? {} : { recommended }),
    ...run,
  }
}

/** Who works on the release and how its last run was; why not, where that may not be read. */
async function runOf(
  release: ReleaseName,
  ports: ReadPorts,
): Promise<Pick<MeshStatus, 'lock' | 'lastRun' | 'runUnknown'>> {
  try {
    const { lock, record, state } = await readRun(release, ports)
    if (!record) return lock ? { lock } : {}
    const { history: _history, ...last } = record
    const away = isStopped(state) ? await awayIn(last.run, release, ports) : {}
    return { ...(lock ? { lock } : {}), lastRun: { ...last, ...away, state } }
  } catch (error) {
    return { runUnknown: ports.redact(messageOf(error)) }
  }
}

/** By the journal of the run, where this machine has it. */
async function awayIn(
  runId: string,
  release: ReleaseName,
  { cluster, keptRuns }: ReadPorts,
): Promise<Pick<LastRun, 'resourcesAwaySince'>> {
  const { uid } = await cluster.identity()
  const kept = (await keptRuns.list(uid, release)).find((run) => run.runId === runId)
  const since = awaySince(kept?.entries ?? [])
  return since === undefined ? {} : { resourcesAwaySince: new Date(since).toISOString() }
}

async function workloadsOf(release: ReleaseSnapshot, ports: ReadPorts): Promise<ObjectRef[]> {
  const { servedKinds } = await readCluster(ports)
  const scope = manifestScope(release.namespace, servedKinds)
  return parseManifest(release.manifest.reveal(), scope).objects.filter(isWorkload).map(refOf)
}
