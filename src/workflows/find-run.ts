import { findRelease, type ReleaseWish } from '../discover/find-release.js'
import { UpgradeError } from '../errors.js'
import { readRecord } from '../execute/run-record.js'
import { fetchRun } from '../execute/share-run.js'
import { runProgress, type RunProgress } from '../model/journal.js'
import type { UpgradePlan } from '../model/plan.js'
import type { PlanPayload } from '../model/prepared.js'
import type { ReleaseName } from '../model/release.js'
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
  const store = await storeOf(wish.runId, { uid, release }, ports)
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
    ports.runs.list(uid, { name, namespace }),
  ])
  const runId = wished ?? record?.run ?? local.at(-1)
  if (runId === undefined) {
    throw new UpgradeError('RunAbsent', `no run of ${name} in ${namespace} is known`, {
      remedy: `See what there was: {program} history ${name} -n ${namespace}`,
    })
  }
  const found = await ports.runs.find(uid, { name, namespace }, runId)
  if (found) return found
  return fetchRun({ uid, release: { name, namespace }, runId, record }, ports)
}
