import type { Finding } from '../model/finding.js'
import { defaultHistoryMax, historyRoom } from '../model/history-room.js'
import type { ReleaseSnapshot } from '../model/release.js'

/** What the rollback points of a plan depend on. */
export interface HistoryFacts {
  executor: 'mesh-upgrade' | 'helm'
  release: Pick<ReleaseSnapshot, 'name' | 'namespace' | 'history'>
  historyMax?: number
}

/**
 * The revisions that helm would prune while the hops go on, although the way back leads there: an error where it
 * is that of before the run, since the run could then not be taken back.
 */
export function historyFindings(hops: readonly HistoryFacts[]): Finding[] {
  const [first] = hops
  if (first?.executor !== 'mesh-upgrade') return []
  const { release, historyMax = defaultHistoryMax } = first
  const { pruned, enough } = historyRoom(release.history, hops.length, historyMax)
  if (pruned.length === 0) return []
  const before = new Set(release.history.map(({ releaseRevision }) => releaseRevision))
  const isStart = pruned.some(({ releaseRevision }) => before.has(releaseRevision))
  const kept = historyMax === 1 ? '1 revision' : `${historyMax} revisions`
  const lost = pruned.map(({ releaseRevision, hop }) => `${releaseRevision} (in hop ${hop})`).join(', ')
  const loss = isStart ? 'this run could not be taken back' : 'a hop could not be taken back by itself'
  return [
    {
      code: 'MU606',
      severity: isStart ? 'error' : 'warning',
      message: `helm keeps ${kept} of ${release.name} and would delete ${lost} during the upgrade: ${loss}`,
      evidence: [`hops: ${hops.length}`, `revisions now: ${release.history.length}`],
      remedy: {
        text: 'let helm keep more of them: the same command with',
        commands: [`{program} ${release.name} -n ${release.namespace} --history-max ${enough}`],
      },
    },
  ]
}
