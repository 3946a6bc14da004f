import type { LingeringHelm } from './lingering-helm.js'
import { isPending, type ReleaseRecord } from './release.js'

/** A run of ours that is known to have worked on the release. */
export interface KnownRun {
  runId: string
  /** Who holds, or held, the lock: `user@host pid 123`. */
  holder: string
  /** Whether that process still runs. */
  state: 'alive' | 'gone' | 'unknown'
  /** RFC 3339. */
  startedAt: string
}

/** What is known of a release on which helm refuses to work. */
export interface PendingRelease {
  pending: 'pending-install' | 'pending-upgrade' | 'pending-rollback'
  releaseRevision: number
  /** The storage object, for `ReleaseStorageWriter.mendPending`. */
  uid: string
  /** RFC 3339; absent where helm wrote no time. */
  since?: string
  /** Who left it so, in words. */
  by: string
  /** Whether a helm may still be working on it. */
  alive: 'alive' | 'gone' | 'unknown'
  /** What helps, in words. */
  mend: string
}

/**
 * Who left a release pending, since when, and whether they are still at it. Every helm writes under the same
 * name: only a helm that we started ourselves is ever known to be gone.
 */
export function pendingRelease(
  record: ReleaseRecord,
  facts: { lingering?: LingeringHelm; run?: KnownRun } = {},
): PendingRelease | undefined {
  const { releaseStatus, releaseRevision, uid } = record
  if (!isPending(releaseStatus)) return undefined
  const since = sinceOf(record)
  const lingering = facts.lingering && wroteIt(facts.lingering, record) ? facts.lingering : undefined
  const run = facts.run && isAfter(record, facts.run.startedAt) ? facts.run : undefined
  const ours = { ...(lingering ? { lingering } : {}), ...(run ? { run } : {}) }
  const alive = stateOf(ours)
  return {
    pending: releaseStatus as PendingRelease['pending'],
    ...{ releaseRevision, uid },
    ...(since === undefined ? {} : { since }),
    by: lingering || run ? nameOurs(ours) : nameOther(record),
    alive,
    mend: mendText(record, alive),
  }
}

/** Clocks of two machines differ by some. */
const clockSkewMs = 60_000
/** helm writes its record when it has read chart and cluster; what came later was another helm's. */
const writesWithinMs = 120_000

/** Another helm may have come since: only a record made soon after the start is that helm's own. */
function wroteIt({ startedAt }: LingeringHelm, record: ReleaseRecord): boolean {
  const passed = Date.parse(record.createdAt ?? '') - Date.parse(startedAt)
  return passed >= -clockSkewMs && passed <= writesWithinMs
}

function isAfter({ createdAt = '' }: ReleaseRecord, startedAt: string): boolean {
  return Date.parse(createdAt) >= Date.parse(startedAt) - clockSkewMs
}

interface Ours {
  lingering?: LingeringHelm
  run?: KnownRun
}

/** Where the helm itself is known, it counts; of a run that ended, its helm may still live. */
function stateOf({ lingering, run }: Ours): PendingRelease['alive'] {
  if (lingering) return lingering.state
  return run?.state === 'alive' ? 'alive' : 'unknown'
}

function nameOurs({ lingering, run }: Ours): string {
  const process = lingering?.pid === undefined ? '' : ` (pid ${lingering.pid})`
  const where = lingering ? ` on ${lingering.host}${process}` : ''
  if (run) return `helm of run ${run.runId} by ${run.holder}${where}`
  return `helm ${lingering?.kind ?? ''} of an earlier run${where}`
}

function nameOther({ writtenBy }: ReleaseRecord): string {
  if (writtenBy === undefined || writtenBy === '') return 'unknown'
  return writtenBy === 'Helm' ? 'a helm, of whom it does not say' : `${writtenBy} (field manager)`
}

function sinceOf({ writtenAt, modifiedAt }: ReleaseRecord): string | undefined {
  if (modifiedAt !== undefined && Number.isFinite(modifiedAt) && Math.abs(modifiedAt) < 8.64e12)
    return new Date(modifiedAt * 1000).toISOString()
  return writtenAt
}

function mendText({ releaseStatus }: ReleaseRecord, alive: PendingRelease['alive']): string {
  const mark =
    'mark the revision failed, as helm does with one that is interrupted (its record is kept first)'
  const after =
    releaseStatus === 'pending-install'
      ? '; it was never deployed, so that it can then be installed again or uninstalled'
      : '; helm upgrade and helm rollback work again then'
  switch (alive) {
    case 'alive':
      return 'wait for that helm, or end it (SIGTERM): it records its own end'
    case 'gone':
      return mark + after
    case 'unknown':
      return `make sure that no helm works on it, on any machine; then ${mark}${after}`
  }
}
