import { readCluster } from '../discover/read-cluster.js'
import { meshExpectations } from '../diagnose/mesh-expectations.js'
import { renderTarget } from '../discover/render-target.js'
import { UpgradeError } from '../errors.js'
import type { ClusterSnapshot } from '../model/cluster.js'
import type { JobFiles, JobWish } from '../model/in-cluster.js'
import { refOf, textField, type KubeObject } from '../model/kube-object.js'
import { formatRef } from '../model/object-ref.js'
import type { PlanPayload, PreparedUpgrade } from '../model/prepared.js'
import { manifestScope, parseManifest } from '../plan/objects/parse-manifest.js'
import { jobName, jobObjects, type JobObjects } from '../plan/in-cluster/job-objects.js'
import {
  heldRules,
  isUpgradeHook,
  runPermissions,
  type RunScope,
} from '../plan/in-cluster/run-permissions.js'
import type { ReadPorts, WritePorts } from '../ports/ports.js'

export type { JobObjects }

/** What a Secret may hold in all (`MaxSecretSize`). */
const mostSecretBytes = 1024 * 1024

/**
 * The objects that run a plan inside the cluster, with just the rights that it needs. Changes nothing. Throws
 * `InClusterRefused` where the files do not fit into a Secret.
 */
export async function prepareJob(
  prepared: PreparedUpgrade,
  files: JobFiles,
  wish: JobWish,
  ports: ReadPorts,
): Promise<JobObjects> {
  refuseLarge(files)
  refuseUnfit(prepared)
  await refuseStrangeAccount(prepared, wish, ports)
  const cluster = await readCluster(ports)
  const scope = await scopeOf(prepared, cluster, ports)
  const rights = { permissions: runPermissions(scope), held: heldRules(scope) }
  return jobObjects(prepared.plan, rights, files, wish)
}

function refuseLarge(files: JobFiles): void {
  const sizes = Object.entries(files).map(
    ([file, base64]) => [file, Math.ceil((base64.length * 3) / 4)] as const,
  )
  const bytes = sizes.reduce((sum, [, size]) => sum + size, 0)
  if (bytes <= mostSecretBytes) return
  const kib = (size: number): string => `${Math.ceil(size / 1024)} KiB`
  const message = `plan, charts and values do not fit into a Secret, which holds ${kib(mostSecretBytes)}: ${sizes.map(([file, size]) => `${file} ${kib(size)}`).join(', ')}`
  const remedy =
    'Plan from a chart that the cluster can fetch (repository or oci://), or apply from a machine: leave out --in-cluster'
  throw new UpgradeError('InClusterRefused', message, { remedy })
}

/** What the Job could not do, or has not got. */
function refuseUnfit({ request }: PreparedUpgrade): void {
  const { onFailure, helmArguments } = request
  const isRendered = helmArguments.some((word) => word.startsWith('--post-renderer'))
  const what =
    onFailure === 'rollback'
      ? '--on-failure rollback, for which a Job gets no rights'
      : isRendered
        ? '--post-renderer, which is not in the plan file'
        : undefined
  if (what === undefined) return
  const remedy = 'Plan without it, or apply from a machine: leave out --in-cluster'
  throw new UpgradeError('InClusterRefused', `run this plan in the cluster: it has ${what}`, { remedy })
}

/** A Job whose account is not there gets no pod, and waits for one for ever. */
async function refuseStrangeAccount(
  { plan: { release } }: PreparedUpgrade,
  { namespace = release.namespace, serviceAccount: name }: JobWish,
  { cluster }: Pick<ReadPorts, 'cluster'>,
): Promise<void> {
  if (name === undefined) return
  const ref = { apiVersion: 'v1', kind: 'ServiceAccount', namespace, name }
  // Who may not look at it may name it all the same.
  const found = await cluster.readObject(ref).catch(() => 'unknown')
  if (found !== undefined) return
  const message = `run this plan in the cluster: there is no ServiceAccount ${name} in namespace ${namespace}`
  const remedy = `Name one that is there: kubectl get serviceaccounts -n ${namespace}; or leave out --service-account, and one is made for the run`
  throw new UpgradeError('InClusterRefused', message, { remedy })
}

async function scopeOf(
  { plan, payloads }: PreparedUpgrade,
  cluster: ClusterSnapshot,
  ports: ReadPorts,
): Promise<RunScope> {
  const [first] = payloads
  if (!first) throw new Error('the plan has no hop')
  const { release } = first
  const objectsOf = (manifest: string): KubeObject[] =>
    parseManifest(manifest, manifestScope(release.namespace, cluster.servedKinds)).objects
  const rendered = await Promise.all(payloads.map((payload) => renderHop(payload, cluster, ports)))
  const objects = rendered.flatMap(objectsOf)
  const crds = plan.hops.flatMap((hop) => hop.crds)
  const acted = (action: string): string[] =>
    crds.filter((crd) => crd.action === action).map(({ name }) => name)
  const target = payloads.flatMap((payload) => payload.crds.map(({ name }) => name))
  const live = payloads.flatMap((payload) => payload.liveCrds.map(({ name }) => name))
  return {
    release,
    hops: plan.hops.length,
    servedKinds: cluster.servedKinds,
    before: objectsOf(release.manifest.reveal()),
    after: objects.filter((object) => textField(object, 'metadata', 'annotations', 'helm.sh/hook') === ''),
    hooks: objects.filter(isUpgradeHook),
    changes: plan.hops.flatMap((hop) => hop.releases.flatMap((each) => each.objects)),
    crds: { names: [...live, ...target], target, created: acted('create'), recreated: acted('recreate') },
    kinds: payloads.flatMap(({ customResourceKinds }) => customResourceKinds),
    expected: payloads.flatMap(({ chart, values }) => {
      const after = {
        ...release,
        chartVersion: chart.version,
        chartDefaults: chart.defaults,
        userSuppliedValues: values,
      }
      return [...meshExpectations(release), ...meshExpectations(after)].map(({ object }) => object)
    }),
  }
}

async function renderHop(
  { release, chart, values }: PlanPayload,
  cluster: ClusterSnapshot,
  ports: ReadPorts,
): Promise<string> {
  const rendered = await renderTarget({ release, chart, values, cluster, withHooks: true }, ports)
  if ('refused' in rendered) throw rendered.refused
  return rendered.manifest
}

export interface StartedJob {
  namespace: string
  name: string
  /** False where an earlier call had made it. */
  isNew: boolean
}

/** The Job of a plan that an earlier call has made, if it is still there. */
export async function findJob(
  plan: PreparedUpgrade['plan'],
  namespace: string,
  { cluster }: Pick<ReadPorts, 'cluster'>,
): Promise<StartedJob | undefined> {
  const name = jobName(plan)
  const job = await cluster.readObject({ apiVersion: 'batch/v1', kind: 'Job', namespace, name })
  return job && { namespace, name, isNew: false }
}

/** Makes the objects and lets the Job run. Throws `InClusterRefused`, and then leaves nothing. */
export async function startJob(
  { clusterRole, rights, job, owned }: JobObjects,
  ports: WritePorts,
): Promise<StartedJob> {
  const made: KubeObject[] = []
  try {
    const role = await create(clusterRole, ports, made)
    for (const right of rights) await create(ownedBy(right, role), ports, made)
    const suspended = await create(job, ports, made)
    for (const object of owned) await create(ownedBy(object, suspended), ports, made)
    await release(suspended, ports)
  } catch (error) {
    await takeBack(made, ports)
    throw error
  }
  const { name, namespace = '' } = job.metadata
  return { namespace, name, isNew: true }
}

async function create(object: KubeObject, ports: WritePorts, made: KubeObject[]): Promise<KubeObject> {
  const created = await ports.clusterWriter.create(object)
  if (!created.ok) throw refused(object, created.refusal)
  made.push(created.object)
  return { ...created.object, apiVersion: object.apiVersion, kind: object.kind }
}

/** What refers to an owner goes with it. */
function ownedBy(object: KubeObject, { apiVersion, kind, metadata }: KubeObject): KubeObject {
  const ownerReferences = [{ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '' }]
  return { ...object, metadata: { ...object.metadata, ownerReferences } }
}

async function release(job: KubeObject, ports: WritePorts): Promise<void> {
  const spec = typeof job.spec === 'object' ? { ...job.spec, suspend: false } : {}
  // Its status is written by others meanwhile.
  for (let tries = 1; ; tries++) {
    const live = (await ports.cluster.readObject(refOf(job))) ?? job
    const { apiVersion, kind } = job
    const replaced = await ports.clusterWriter.replace({ ...live, apiVersion, kind, spec })
    if (replaced.ok) return
    if (replaced.refusal.status !== 409 || tries >= 5) throw refused(job, replaced.refusal)
  }
}

/** Nothing of a Job that could not be started is left. */
async function takeBack(made: readonly KubeObject[], ports: WritePorts): Promise<void> {
  for (const object of [...made].reverse())
    await ports.clusterWriter.delete(refOf(object), object.metadata.uid ?? '').catch(() => false)
}

function refused(object: KubeObject, { status, message }: { status: number; message: string }): UpgradeError {
  const what = formatRef(refOf(object))
  const isRole = /Role/.test(object.kind)
  const remedy =
    status === 403
      ? `${isRole ? 'Only who has all of these rights may give them to the Job. ' : ''}Let somebody who may run the same command, or apply without --in-cluster`
      : status === 409
        ? `It is left from an earlier run of this plan; take it away: kubectl delete clusterrole ${object.metadata.name}`
        : 'Mend what the server names, then run the command again'
  return new UpgradeError('InClusterRefused', `create ${what}: ${message}`, {
    remedy,
    status: String(status),
  })
}

/**
 * Takes away the rights of an in-cluster run, and with them what they own; the Job's program does so itself as
 * its last act. True where they were there.
 */
export async function giveBackRights(name: string, ports: WritePorts): Promise<boolean> {
  const ref = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', name }
  const role = await ports.cluster.readObject(ref)
  if (textField(role, 'metadata', 'labels', 'app.kubernetes.io/managed-by') !== 'mesh-upgrade') return false
  return ports.clusterWriter.delete(ref, role?.metadata.uid ?? '')
}

/** Takes away all objects of a plan's run, whatever it has come to; gives what was there. */
export async function cleanUpJob(
  prepared: Pick<PreparedUpgrade, 'plan'>,
  namespace: string,
  ports: WritePorts,
): Promise<string[]> {
  const name = jobName(prepared.plan)
  const ref = { apiVersion: 'batch/v1', kind: 'Job', namespace, name }
  const job = await ports.cluster.readObject(ref)
  const isJobGone = job ? await ports.clusterWriter.delete(ref, job.metadata.uid ?? '') : false
  const areRightsGone = await giveBackRights(name, ports)
  return [
    ...(isJobGone ? [formatRef(ref)] : []),
    ...(areRightsGone ? [`ClusterRole ${name}, and the rights that it owns`] : []),
  ]
}
