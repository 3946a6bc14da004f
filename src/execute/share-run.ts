import { messageOf, UpgradeError } from '../errors.js'
import { field, textField, type KubeObject } from '../model/kube-object.js'
import type { ReleaseName } from '../model/release.js'
import type { RunRecord } from '../model/run-record.js'
import type { WritePorts } from '../ports/ports.js'
import type { RunStore } from '../ports/run-store.js'

/** A Secret may hold 1 MiB in all (Kubernetes `MaxSecretSize`); the rest of the object needs room too. */
const longestBytes = 1_000_000

/**
 * Keeps in the cluster what another machine needs to resume or roll back this hop: a Secret
 * `mesh-upgrade.<release>.hop-<n>`. What does not fit or may not be written is told, and is no failure.
 */
export async function shareRun(
  release: ReleaseName,
  { store, hop }: { store: RunStore; hop: number },
  ports: Pick<WritePorts, 'clusterWriter' | 'progress'>,
): Promise<void> {
  const tell = (why: string): void =>
    ports.progress({ type: 'note', message: `another machine could not take this run over: ${why}` })
  try {
    const { packed, leftOut } = await store.packHop(hop, longestBytes)
    const { runId } = store.location
    const applied = await ports.clusterWriter.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...shareRef(release, hop), labels: { 'app.kubernetes.io/managed-by': 'mesh-upgrade' } },
      type: 'mesh-upgrade.dev/run',
      stringData: { run: runId, leftOut: JSON.stringify(leftOut) },
      data: { files: packed },
    })
    if (!applied.ok) tell(applied.refusal.message)
    else if (leftOut.length > 0) tell(`${leftOut.join(', ')} do not fit into a Secret`)
  } catch (error) {
    tell(messageOf(error))
  }
}

export interface SharedRun {
  uid: string
  release: ReleaseName
  runId: string
  record: RunRecord | undefined
}

/**
 * Makes the folder of a run of another machine from what the cluster keeps of it. Throws `RunAbsent`, which
 * names what is missing and where it is.
 */
export async function fetchRun(
  { uid, release, runId, record }: SharedRun,
  ports: Pick<WritePorts, 'cluster' | 'runs' | 'progress' | 'clock'>,
): Promise<RunStore> {
  const at = record?.run === runId ? record.location : undefined
  const place = at === undefined ? '' : `; its files are at ${at}`
  const absent = (what: string): UpgradeError =>
    new UpgradeError('RunAbsent', `run ${runId} is not on this machine, and ${what}${place}`, {
      remedy: at === undefined ? 'Go on where it was begun' : `Go on there, or copy that folder here: ${at}`,
    })
  const hops = hopCount(record)
  const packed: string[] = []
  for (let hop = 1; hop <= hops.begun; hop++) {
    const secret = await ports.cluster.readObject({
      apiVersion: 'v1',
      kind: 'Secret',
      ...shareRef(release, hop),
    })
    const { files, leftOut } = contentOf(secret, runId)
    if (files === undefined) throw absent(`the cluster keeps nothing of its hop ${hop}`)
    if (leftOut.length > 0) throw absent(`the cluster has no room for ${leftOut.join(', ')} of hop ${hop}`)
    packed.push(files)
  }
  if (packed.length === 0) throw absent('the cluster keeps nothing of it')
  ports.progress({
    type: 'note',
    message: `run ${runId} was begun elsewhere${place}: taken over from the cluster`,
  })
  const store = await ports.runs.unpack({ uid, release, runId }, packed)
  await noteSteps(store, { hop: hops.begun, step: record?.step }, ports)
  return store
}

/** The journal of the other machine ends with the backup: what was begun since is in the record. */
async function noteSteps(
  store: RunStore,
  at: { hop: number; step: string | undefined },
  { clock }: Pick<WritePorts, 'clock'>,
): Promise<void> {
  await store.readJournal()
  const { plan } = await store.readPlan()
  const steps = plan.hops[at.hop - 1]?.steps ?? []
  const begun = steps.slice(0, steps.findIndex(({ id }) => id === at.step) + 1)
  for (const { id } of begun) {
    await store.appendJournal({
      runId: store.location.runId,
      at: new Date(clock.now()).toISOString(),
      ...{ part: `hop-${at.hop}`, stepId: id, phase: 'started', message: 'begun on another machine' },
    })
  }
}

function hopCount(record: RunRecord | undefined): { begun: number } {
  const begun = Number(/^(\d+)\//.exec(record?.hop ?? '')?.[1] ?? 1)
  return { begun }
}

function contentOf(
  secret: KubeObject | undefined,
  runId: string,
): { files: string | undefined; leftOut: string[] } {
  const text = (key: string): string => {
    const value = field(secret, 'data', key)
    return typeof value === 'string' ? decodeBase64(value) : ''
  }
  if (text('run') !== runId) return { files: undefined, leftOut: [] }
  return {
    files: textField(secret, 'data', 'files'),
    leftOut: JSON.parse(text('leftOut') || '[]') as string[],
  }
}

/** Base64 of plain ASCII. */
function decodeBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8')
}

function shareRef({ name, namespace }: ReleaseName, hop: number): { namespace: string; name: string } {
  return { namespace, name: `mesh-upgrade.${name}.hop-${hop}` }
}
