import { messageOf } from '../errors.js'
import { field } from '../model/kube-object.js'
import type { ReleaseName } from '../model/release.js'
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

/**
 * Deletes what the cluster keeps of runs that are no more: of each Secret only the one that was seen (uid). What
 * may not be deleted is told, and is no failure.
 */
export async function forgetRuns(
  release: ReleaseName,
  { runs, hops }: { runs: ReadonlySet<string>; hops: number },
  { cluster, clusterWriter, progress }: Pick<WritePorts, 'cluster' | 'clusterWriter' | 'progress'>,
): Promise<void> {
  for (let hop = 1; hop <= hops; hop++) {
    const ref = { apiVersion: 'v1', kind: 'Secret', ...shareRef(release, hop) }
    try {
      const secret = await cluster.readObject(ref)
      const run = field(secret, 'data', 'run')
      const { uid } = secret?.metadata ?? {}
      if (typeof run !== 'string' || !runs.has(decodeBase64(run)) || uid === undefined) continue
      await clusterWriter.delete(ref, uid)
    } catch (error) {
      progress({ type: 'note', message: `Secret ${ref.name} was not deleted: ${messageOf(error)}` })
    }
  }
}

/** Base64 of plain ASCII. */
export function decodeBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8')
}

/** Reference of the Secret that keeps a hop. */
export function shareRef({ name, namespace }: ReleaseName, hop: number): { namespace: string; name: string } {
  return { namespace, name: `mesh-upgrade.${name}.hop-${hop}` }
}
