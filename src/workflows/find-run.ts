import { findRelease, type ReleaseWish } from '../discover/find-release.js'
import { UpgradeError } from '../errors.js'
import { fetchRun } from '../execute/fetch-run.js'
import { readRecord } from '../execute/run-record.js'
import { runProgress, type RunProgress } from '../model/journal.js'
import type { UpgradePlan } from '../model/plan.js'
import type { PlanPayload } from '../model/prepared.js'
import { releaseCommand, type ReleaseName } from '../model/release.js'
import type { RunRecord } from '../model/run-record.js'
import type { RollbackPlan } from '../model/rollback-plan.js'
import { withWishes, type GivenWishes } from '../model/run-wishes.js'
import type { UpgradeRequest } from '../model/upgrade-request.js'
import type { WritePorts } from '../ports/ports.js'
import type { RunStore } from '../ports/run-store.js'

export interface RunWish extends ReleaseWish {
  /** The newest run where it is left out. */
  runId?: string
}

/** A run that was begun earlier, read from its folder or, on another machine, from the cluster. */
export interface FoundRun {
  store: RunStore
  plan: UpgradePlan
  request: UpgradeRequest
  payloads: PlanPayload[]
  progress: RunProgress
  rollback?: RollbackPlan
}

/**
 * Finds a run of a release. Throws as `findRelease`, `RunAbsent` where neither this machine nor the cluster
 * has what it needs, `RunUnreadable` and `JournalDamaged` where its files are not as they were written.
 */
export async function findRun(wish: RunWish, ports: WritePorts): Promise<FoundRun> {
  const [{ uid }, release] = await Promise.all([ports.cluster.identity(), findRelease(wish, ports)])
  return readRun(await storeOf(wish.runId, { uid, release }, ports))
}

/** Reads a run from its folder; once more under the lock, because until then its process may have gone on. */
export async function readRun(store: RunStore): Promise<FoundRun> {
  const progress = runProgress(await store.readJournal())
  const { plan, request } = await store.readPlan()
  const payloads = await Promise.all(plan.hops.map((_, index) => store.hop(index + 1).readInputs()))
  const rollback = await store.readRollbackPlan()
  return { store, plan, request, payloads, progress, ...(rollback ? { rollback } : {}) }
}

/** The run with what this call wishes, or with what was wished of it before. Throws `RunUnreadable`. */
export async function wishedRun(found: FoundRun, given: GivenWishes, goesBack: boolean): Promise<FoundRun> {
  const { hooks: _hooks, notify: _notify, ...request } = found.request
  // What an upgrade was to do besides is not what its rollback is to do.
  const before = found.rollback ? await found.store.readRollbackWishes() : goesBack ? {} : found.request
  return { ...found, request: { ...request, ...withWishes(before, given) } }
}

async function storeOf(
  wished: string | undefined,
  { uid, release }: { uid: string; release: ReleaseName },
  ports: WritePorts,
): Promise<RunStore> {
  const { name, namespace } = release
  const [record, local] = await Promise.all([
    readRecord({ name, namespace }, ports),
    newestHere({ uid, release: { name, namespace } }, ports),
  ])
  // Ids begin with their time: a run that ended before it was shown in the cluster is newer than its record.
  const runId = wished ?? [record?.run ?? '', local ?? ''].sort().at(-1) ?? ''
  if (runId === '') {
    throw new UpgradeError('RunAbsent', `no run of ${name} in ${namespace} has begun anything`, {
      remedy: `See what there was: ${releaseCommand('history', release)}; upgrade: ${releaseCommand('upgrade', release)}`,
    })
  }
  const found = await ports.runs.find(uid, { name, namespace }, runId)
  if (!found) return fetchRun({ uid, release: { name, namespace }, runId, record }, ports)
  const entries = await found.readJournal()
  if (record?.run === runId) refuseSilent(found, runProgress(entries), record)
  if (entries.length > 0) return found
  throw new UpgradeError('RunAbsent', `run ${runId} ended before it had begun anything`, {
    remedy: `Upgrade again: ${releaseCommand('upgrade', release)}`,
  })
}

/** What the cluster knows of a run its journal knows, too: it is written first. Throws `JournalDamaged`. */
function refuseSilent(
  { location: { folder, backupFolder: backup } }: RunStore,
  { begun, parts }: RunProgress,
  { run, phase }: RunRecord,
): void {
  const isOver = phase === 'Succeeded' || phase === 'RolledBack'
  if (isOver ? begun.length > 0 : parts.length > 0) return
  const message = `the journal of run ${run} tells nothing of what it did, though the cluster has it as ${phase}: it was emptied, cut or taken away; nothing was changed`
  throw new UpgradeError('JournalDamaged', message, { folder, backup })
}

/** The newest run of this machine; one that ended before its journal's first line was never begun. */
async function newestHere(
  { uid, release }: { uid: string; release: ReleaseName },
  { runs }: Pick<WritePorts, 'runs'>,
): Promise<string | undefined> {
  for (const runId of (await runs.list(uid, release)).reverse()) {
    const store = await runs.find(uid, release, runId)
    if (!store || (await store.readJournal()).length === 0) continue
    // A restart has nothing to resume or to take back.
    if ((await store.readPlan()).plan.purpose !== 'restart') return runId
  }
  return undefined
}
