import { messageOf } from '../../errors.js'
import { backupResources } from '../backup-resources.js'
import { shareRun } from '../share-run.js'
import { journalProgress, type RunContext } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'

/** Backs up release, values, CRDs and every custom resource, then reads the backup again and compares. */
export const backup: StepRunner = {
  async run(step, context) {
    const { ports, files, payload } = context
    const { release, liveCrds, customResourceKinds } = payload
    await files.beginBackup()
    await files.backupRelease(await ports.rawStorage.readStorageObjects(release))
    await files.backupValues(release.userSuppliedValues)
    await files.backupCrds(liveCrds)
    await backupTouched(context)
    const objects = await backupResources(customResourceKinds, { files, ports })
    const index = await files.sealBackup()
    const evidence = { objects, files: index.files.length, folder: files.backupFolder }
    const message = `${objects} custom resources of ${customResourceKinds.length} kinds in ${files.backupFolder}, read back and compared`
    await journalProgress(context, step, message, evidence)
    ports.progress({ type: 'note', message })
    await shareRun(release, context, ports)
  },

  // A backup is of before the first change: afterwards a damaged one cannot be made again, and is an error.
  async probe(_step, context) {
    const isLate = await hasChanged(context)
    try {
      const { files } = await context.files.openBackup()
      const objects = files.reduce((sum, file) => sum + file.objects, 0)
      return { state: 'done', message: `${files.length} files with ${objects} objects are as written` }
    } catch (error) {
      if (isLate) throw error
      return { state: 'not-done', message: messageOf(error) }
    }
  },
}

/** What steps change besides helm can only be put back from here. */
async function backupTouched({ steps, ports, files }: RunContext): Promise<void> {
  const refs = steps.flatMap((step) =>
    step.type === 'adopt-objects' || step.type === 'recreate-objects' ? step.objects : [],
  )
  if (refs.length === 0) return
  const found = await Promise.all(refs.map((ref) => ports.cluster.readRaw(ref)))
  await files.backupObjects(found.flatMap((raw) => raw ?? []))
}

/** True once a step that changes the cluster had begun. */
async function hasChanged({ store, steps, part }: RunContext): Promise<boolean> {
  const entries = await store.readJournal()
  const changing = new Set(steps.filter(({ mutates }) => mutates).map(({ id }) => id))
  return entries.some((entry) => entry.part === part && changing.has(entry.stepId))
}
