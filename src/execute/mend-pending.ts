import { UpgradeError } from '../errors.js'
import { pendingRelease } from '../model/pending-release.js'
import { isPending, type ReleaseName, type ReleaseSnapshot } from '../model/release.js'
import type { RunContext } from './run-context.js'

const lookEveryMs = 2_000
/** A helm that was told to end after its timeout needs a moment to record so. */
const afterTimeoutMs = 60_000

/** What of a run's context settling a release needs. */
export type SettleContext = Pick<RunContext, 'ports' | 'files' | 'interrupts'> & {
  payload: Pick<RunContext['payload'], 'timeoutMs'>
}

/**
 * The newest revision, no longer pending: a helm that may still work on it, somewhere that we cannot see, is
 * waited for until its own timeout has passed; what a dead one left is marked failed. Undefined where there is
 * no release. Throws `StepFailed` where the wait is interrupted, and as `mendPending`.
 */
export async function settlePending(
  release: ReleaseName,
  context: SettleContext,
): Promise<ReleaseSnapshot | undefined> {
  const { releases } = context.ports
  const newest = await releases.readNewestRevision(release)
  if (!newest || !isPending(newest.releaseStatus)) return newest
  await awaitUnseenHelm(release, context)
  const later = await releases.readNewestRevision(release)
  if (!later || !isPending(later.releaseStatus)) return later
  await mendPending(later, context)
  return releases.readNewestRevision(release)
}

/** Every helm but our own is out of sight: only its own timeout tells when it is at its end. */
async function awaitUnseenHelm(release: ReleaseName, context: SettleContext): Promise<void> {
  const { ports, files, payload, interrupts } = context
  if (await ports.helmWriter.hasEnded(files.folder)) return
  const look = async (): ReturnType<typeof ports.releases.readNewestRecord> => {
    const record = await ports.releases.readNewestRecord(release)
    return record && isPending(record.releaseStatus) ? record : undefined
  }
  const first = await look()
  const pending = first && pendingRelease(first)
  if (!pending) return
  const now = ports.clock.now()
  const oldAt = Math.min(Date.parse(first.createdAt ?? '') || now, now) + payload.timeoutMs + afterTimeoutMs
  if (now >= oldAt) return
  const until = new Date(oldAt).toISOString()
  const message = `revision ${pending.releaseRevision} is ${pending.pending} by ${pending.by}, which may still work on it where it cannot be seen from here: waiting for it, until ${until} at the latest`
  ports.progress({ type: 'note', message })
  while (ports.clock.now() < oldAt) {
    await ports.clock.sleep(lookEveryMs, interrupts.finishStep)
    if (interrupts.finishStep.aborted) {
      throw new UpgradeError('StepFailed', `interrupted while waiting: ${pending.mend}`)
    }
    if ((await look())?.uid !== first.uid) return
  }
}

/**
 * Marks a revision that a dead helm left pending as failed, so that helm works on the release again; its
 * storage objects are kept on disk first. Throws `PlanStale` where somebody else changes it meanwhile.
 */
export async function mendPending(
  newest: ReleaseSnapshot,
  context: Pick<RunContext, 'ports' | 'files'>,
): Promise<void> {
  const { ports, files } = context
  const { name, namespace, releaseRevision, releaseStatus } = newest
  const release = { name, namespace }
  const record = await ports.releases.readNewestRecord(release)
  if (record?.releaseRevision !== releaseRevision) return
  const kept = await files.keepStorageObjects(
    `release-before-mending-${releaseRevision}`,
    await ports.rawStorage.readStorageObjects(release),
  )
  const result = await ports.releaseWriter.mendPending(release, releaseRevision, record.uid)
  if (result === 'not-pending') return
  ports.progress({
    type: 'note',
    message: `revision ${releaseRevision} was ${releaseStatus} and no helm works on it: marked failed (as it was: ${kept})`,
  })
}
