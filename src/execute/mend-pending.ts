import type { ReleaseSnapshot } from '../model/release.js'
import type { RunContext } from './run-context.js'

/**
 * Marks a revision that a dead helm left pending as failed, so that helm works on the release again; its
 * storage objects are kept on disk first. Throws `PlanStale` where somebody else changes it meanwhile.
 */
export async function mendPending(newest: ReleaseSnapshot, context: RunContext): Promise<void> {
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
