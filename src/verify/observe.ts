import { hookStatus, isJobOrPod, isRolloutHook } from '../diagnose/hook-status.js'
import { objectStatus } from '../diagnose/kstatus/object-status.js'
import { isWorkloadRef, releaseObjects, type ReleaseObject } from '../diagnose/release-objects.js'
import { missingWorkload, workloadStatus } from '../diagnose/workload-status.js'
import { messageOf } from '../errors.js'
import type { LiveCrd } from '../model/crd.js'
import type { KubeObject, ServedKind } from '../model/kube-object.js'
import { refKey, type ObjectRef } from '../model/object-ref.js'
import { hideCredentials } from '../model/redaction.js'
import type { ReleaseHook, ReleaseSnapshot } from '../model/release.js'
import type { ObjectState, ObjectStatus, OldPod, WorkloadStatus } from '../model/rollout.js'
import type { ClusterReader } from '../ports/cluster.js'
import type { ReadPorts } from '../ports/ports.js'
import type { HookState, Observation, Unreadable } from './observation.js'
import { readMesh } from './read-mesh.js'
import { readObjects, type LiveObjects } from './read-objects.js'
import { readOldPods } from './read-pods.js'
import type { VerifyWish } from './verify-upgrade.js'

/** Reads what the checks judge, everything afresh, custom resources aside. Never throws. */
export async function observe(wish: VerifyWish, ports: ReadPorts): Promise<Observation> {
  const { cluster, releases } = ports
  const unreadable: Unreadable[] = []
  const read = <T, F>(what: Unreadable['what'], reading: Promise<T>, fallback: F): Promise<T | F> =>
    reading.catch((error: unknown) => {
      unreadable.push({ what, why: messageOf(error) })
      return fallback
    })
  const [release, kinds] = await Promise.all([
    read('release', releases.readRelease(wish.release), undefined),
    read('discovery', cluster.servedKinds(), undefined),
  ])
  const wanted = expectedObjects(wish, release, kinds)
  const expectedCrds = [...new Set([...wish.expectedCrds, ...crdNames(wanted.objects)])]
  const [live, crds, gone, mesh] = await Promise.all([
    readObjects([...wanted.workloads, ...wanted.refs], cluster),
    read('CRDs', readCrds(expectedCrds, wish.crdGroups ?? [], cluster), []),
    read('kept objects', goneOf(wish.kept ?? [], cluster), []),
    release && kinds ? readMesh(release, kinds, cluster) : [],
  ])
  const found = wanted.workloads.flatMap((ref) => live.found.get(refKey(ref)) ?? [])
  const isKnown = wanted.workloads.every((ref) => !live.failures.has(refKey(ref)))
  const oldPods =
    wanted.objects && isKnown
      ? await read<OldPod[], undefined>('pods', readOldPods(found, cluster), undefined)
      : undefined
  return {
    ...expectations(wish),
    ...(release ? { release } : {}),
    ...(wanted.objects ? { objects: wanted.objects.map((each) => stateOf(each, live, kinds)) } : {}),
    manifestProblems: wanted.problems,
    workloads: wanted.workloads.map((ref) => workloadOf(ref, live)),
    ...(oldPods ? { oldPods } : {}),
    hooks: wanted.hooks.map((hook) => hookOf(hook, live)),
    ...{ crds, expectedCrds, mesh, unreadable },
    ...(kinds
      ? { served: new Set(kinds.map(({ group, version, kind }) => `${group}/${version}/${kind}`)) }
      : {}),
    kept: { objects: wish.kept ?? [], gone },
    namespace: { apiVersion: 'v1', kind: 'Namespace', name: wish.release.namespace },
  }
}

/** What the release says should be there; `refs` is all that is to be read besides workloads. */
interface ExpectedObjects {
  objects?: ReleaseObject[]
  problems: string[]
  workloads: ObjectRef[]
  hooks: ReleaseHook[]
  refs: ObjectRef[]
}

function expectedObjects(
  wish: VerifyWish,
  release: ReleaseSnapshot | undefined,
  kinds: readonly ServedKind[] | undefined,
): ExpectedObjects {
  if (!release || !kinds) return { problems: [], workloads: wish.workloads, hooks: [], refs: [] }
  const { objects, problems } = releaseObjects(release.manifest.reveal(), release.namespace, kinds)
  const refs = objects.map(({ object }) => object)
  const byKey = new Map([...wish.workloads, ...refs.filter(isWorkloadRef)].map((ref) => [refKey(ref), ref]))
  const hooks = (release.hooks ?? []).filter(isRolloutHook)
  const jobs = hooks.filter((hook) => hook.lastPhase !== undefined && isJobOrPod(hook))
  const others = refs.filter((ref) => !isWorkloadRef(ref))
  return {
    ...{ objects, problems, hooks, workloads: [...byKey.values()] },
    refs: [...others, ...jobs.map(({ object }) => object)],
  }
}

function expectations(
  wish: VerifyWish,
): Pick<
  Observation,
  'expectedRevision' | 'expectedChartVersion' | 'mayHaveFailed' | 'crdsBefore' | 'remade'
> {
  const { expectedRevision, expectedChartVersion, mayHaveFailed, crdsBefore, remade } = wish
  return {
    ...(mayHaveFailed === undefined ? {} : { mayHaveFailed }),
    ...(expectedRevision === undefined ? {} : { expectedRevision }),
    ...(expectedChartVersion === undefined ? {} : { expectedChartVersion }),
    ...(crdsBefore ? { crdsBefore } : {}),
    ...(remade ? { remade } : {}),
  }
}

function stateOf(
  { object, mayBeGone }: ReleaseObject,
  { found, failures }: LiveObjects,
  kinds: readonly ServedKind[] = [],
): ObjectState {
  const key = refKey(object)
  const failure = failures.get(key)
  if (failure !== undefined) return { object, status: 'Unknown', message: failure }
  const live = found.get(key)
  if (live === undefined && mayBeGone)
    return { object, status: 'Current', message: 'is done and was taken away after its time' }
  if (live === undefined && !isServed(object, kinds)) {
    const message = `not found: the server serves no ${object.kind} of ${object.apiVersion}`
    return { object, status: 'NotFound', message }
  }
  return { object, ...withoutCredentials(objectStatus(live)) }
}

/** Conditions are in the words of whoever wrote them. */
function withoutCredentials({ status, message }: ObjectStatus): ObjectStatus {
  return { status, message: hideCredentials(message) }
}

function isServed({ apiVersion, kind }: ObjectRef, kinds: readonly ServedKind[]): boolean {
  return kinds.some(
    (each) =>
      each.kind === kind &&
      apiVersion === (each.group === '' ? each.version : `${each.group}/${each.version}`),
  )
}

function workloadOf(ref: ObjectRef, { found, failures }: LiveObjects): WorkloadStatus {
  const message = failures.get(refKey(ref))
  if (message !== undefined) return { ...missingWorkload(ref), rolloutStatus: 'Unknown', message }
  const live = found.get(refKey(ref))
  const status = live ? workloadStatus(live) : missingWorkload(ref)
  return { ...status, message: hideCredentials(status.message) }
}

function hookOf(hook: ReleaseHook, { found, failures }: LiveObjects): HookState {
  const key = refKey(hook.object)
  const failure = failures.get(key)
  if (failure !== undefined) return { hook, status: 'Unknown', message: failure }
  const live: KubeObject | undefined = found.get(key)
  return { hook, ...withoutCredentials(hookStatus(hook, live)) }
}

function crdNames(objects: readonly ReleaseObject[] = []): string[] {
  const crds = objects.filter(({ object }) => object.kind === 'CustomResourceDefinition')
  return crds.map(({ object }) => object.name)
}

/** The CRDs that must be there and those that came besides. */
async function readCrds(
  names: readonly string[],
  groups: readonly string[],
  cluster: ClusterReader,
): Promise<LiveCrd[]> {
  const besides = groups.length > 0 ? await cluster.listCrdNames(groups) : []
  return cluster.readCrds([...new Set([...names, ...besides])])
}

async function goneOf(kept: readonly ObjectRef[], cluster: ClusterReader): Promise<ObjectRef[]> {
  const found = await Promise.all(kept.map((ref) => cluster.readObject(ref)))
  return kept.filter((_, index) => found[index] === undefined)
}
