import { findRelease, type ReleaseWish } from '../discover/find-release.js'
import { messageOf } from '../errors.js'
import { takeLock } from '../execute/lock.js'
import { readRun } from '../execute/run-record.js'
import { forgetRuns } from '../execute/share-run.js'
import type { Interrupts } from '../ports/interrupts.js'
import type { ReleaseName } from '../model/release.js'
import { joinHistory, type HistoryItem } from '../model/run-history.js'
import { choosePruned, type PruneChoice, type RetentionRule } from '../model/run-retention.js'
import type { ReadPorts, WritePorts } from '../ports/ports.js'

/** The runs of a release, newest first: what the cluster tells and what this machine keeps. */
export interface RunHistory {
  release: ReleaseName
  clusterUid: string
  items: HistoryItem[]
}

/** Reads the history of a release; with a namespace it need not be there any more. Throws as `findRelease`. */
export async function readHistory(wish: ReleaseWish, ports: ReadPorts): Promise<RunHistory> {
  const [{ uid }, release] = await Promise.all([ports.cluster.identity(), nameOf(wish, ports)])
  const kept = await ports.keptRuns.list(uid, release)
  const { lock, record, state } = await readRun(release, ports).catch((error: unknown) => {
    const why = `runs of other machines are unknown: ${ports.redact(messageOf(error))}`
    ports.progress({ type: 'note', message: why })
    return { state: 'none', lock: undefined, record: undefined } as const
  })
  const lastRun = record && state !== 'none' ? { lastRun: { run: record.run, outcome: state } } : {}
  const held = lock?.state === 'held' && lock.process !== 'gone' ? lock.runId : undefined
  const heldRun = held === undefined ? {} : { heldRun: held }
  return {
    ...{ release, clusterUid: uid },
    items: joinHistory(record?.history ?? [], kept, { ...lastRun, ...heldRun }),
  }
}

/** What would be deleted of a release's runs on this machine, and why the others stay. */
export async function planPrune(
  wish: ReleaseWish,
  rule: RetentionRule,
  ports: WritePorts,
): Promise<{ history: RunHistory; choices: PruneChoice[] }> {
  const history = await readHistory(wish, ports)
  return { history, choices: choosePruned(history.items, rule, await newestWhole(history, ports)) }
}

/** The newest run whose backup is sealed and as it was written. */
async function newestWhole(
  { clusterUid, release, items }: RunHistory,
  ports: WritePorts,
): Promise<string | undefined> {
  for (const { run, kept } of items) {
    if (!kept || kept.damage !== undefined) continue
    const store = await ports.runs.find(clusterUid, release, run)
    const isWhole = await store
      ?.hop(1)
      .openBackup()
      .then(
        () => true,
        () => false,
      )
    if (isWhole === true) return run
  }
  return undefined
}

/**
 * Deletes the chosen runs, and what the cluster keeps for another machine to take them over. Under the lock, so
 * that none of them is at work; throws `LockHeld`.
 */
export async function pruneRuns(
  { clusterUid, release }: RunHistory,
  choices: readonly PruneChoice[],
  ports: WritePorts,
  interrupts: Interrupts,
): Promise<HistoryItem[]> {
  const going = choices.filter(({ why }) => why === undefined)
  if (going.length === 0) return []
  const lock = await takeLock(release, `prune-${ports.clock.newRunId()}`, ports, {
    signal: interrupts.finishStep,
  })
  const gone: HistoryItem[] = []
  try {
    for (const { item } of going) {
      if (interrupts.finishStep.aborted) break
      await ports.runs.remove(clusterUid, release, item.run)
      gone.push(item)
    }
    const runs = new Set(gone.map(({ run }) => run))
    await forgetRuns(release, { runs, hops: Math.max(0, ...gone.map(({ hops = 1 }) => hops)) }, ports)
  } finally {
    await lock.release()
  }
  return gone
}

async function nameOf(wish: ReleaseWish, ports: ReadPorts): Promise<ReleaseName> {
  const { releaseName: name, namespace } = wish
  if (name !== undefined && namespace !== undefined) return { name, namespace }
  const found = await findRelease(wish, ports)
  return { name: found.name, namespace: found.namespace }
}
