import type { StepRunner } from '../run-steps.js'
import { journalEntry } from '../run-context.js'

/** Backs up release, values, CRDs and every custom resource, then reads the backup again and compares. */
export const backup: StepRunner = async (step, context) => {
  const { ports, store, payload } = context
  const { release, liveCrds, customResourceKinds } = payload
  await store.backupRelease(await ports.rawStorage.readStorageObjects(release))
  await store.backupValues(release.userSuppliedValues)
  await store.backupCrds(liveCrds)
  let objects = 0
  for (const [index, kind] of customResourceKinds.entries()) {
    await ports.cluster.eachRawPage(kind, async (page) => {
      await store.backupCustomResources(kind, page)
      objects += page.length
      const message = `${kind.plural}: ${objects} custom resources so far`
      ports.progress({ type: 'step-progress', message, done: index + 1, total: customResourceKinds.length })
    })
  }
  const index = await store.sealBackup()
  const evidence = { objects, files: index.files.length, folder: store.location.backupFolder }
  const message = `${objects} custom resources of ${customResourceKinds.length} kinds in ${store.location.backupFolder}, read back and compared`
  await store.appendJournal(journalEntry(context, { stepId: step.id, phase: 'progress', message, evidence }))
  ports.progress({ type: 'note', message })
}
