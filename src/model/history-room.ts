import type { ReleaseRevision } from './release.js'

/** What becomes of a release's history during an upgrade of several hops. */
export interface HistoryRoom {
  /** Rollback points of this run that helm deletes before the run ends, and during which hop (from 1). */
  pruned: { releaseRevision: number; hop: number }[]
  /** The smallest `--history-max` that keeps every rollback point of this run. */
  enough: number
}

/** Helm's own default. */
export const defaultHistoryMax = 10

/**
 * Which rollback points `--history-max` would take away: the deployed revision before the run, and that of every
 * hop but the last. Before helm writes a revision it deletes the oldest ones beyond the limit, never the one
 * that is deployed (pkg/storage/storage.go, removeLeastRecent).
 * @param historyMax 0 for no limit
 */
export function historyRoom(
  history: readonly ReleaseRevision[],
  hops: number,
  historyMax = defaultHistoryMax,
): HistoryRoom {
  const revisions = history.map(({ releaseRevision }) => releaseRevision).sort((left, right) => left - right)
  const deployed = history
    .filter(({ releaseStatus }) => releaseStatus === 'deployed')
    .map(({ releaseRevision }) => releaseRevision)
  const before = { revisions, deployed: deployed.length === 0 ? undefined : Math.max(...deployed) }
  let enough = 1
  while (prunedDuring(before, hops, enough).length > 0) enough++
  return { pruned: historyMax > 0 ? prunedDuring(before, hops, historyMax) : [], enough }
}

function prunedDuring(
  { revisions, deployed }: { revisions: readonly number[]; deployed: number | undefined },
  hops: number,
  historyMax: number,
): HistoryRoom['pruned'] {
  let stored = [...revisions]
  let current = deployed
  const points = new Set(deployed === undefined ? [] : [deployed])
  const pruned: HistoryRoom['pruned'] = []
  for (let hop = 1; hop <= hops; hop++) {
    const surplus = stored.length - (historyMax - 1)
    const gone = new Set(stored.filter((revision) => revision !== current).slice(0, Math.max(0, surplus)))
    for (const releaseRevision of gone) if (points.has(releaseRevision)) pruned.push({ releaseRevision, hop })
    const next = Math.max(0, ...stored) + 1
    stored = [...stored.filter((revision) => !gone.has(revision)), next]
    current = next
    points.add(next)
  }
  return pruned
}
