import { UpgradeError } from '../../errors.js'
import { customResourceKind, type LiveCrd } from '../../model/crd.js'
import { goneEvidence } from '../../model/resources-away.js'
import type { Step } from '../../model/step.js'
import { awaitGone, remaining } from '../await-gone.js'
import { compareResources } from '../compare-resources.js'
import { crdRef } from '../put-crds-back.js'
import { journalProgress, type RunContext } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'

/**
 * Deletes CRDs, and so all of their objects: only those whose uid is in the verified backup, and only while the
 * backup holds every object as it is. Waits until they are gone.
 */
export const deleteCrds: StepRunner = {
  async run(step, context) {
    const { ports, files, payload } = context
    const kept = await keptCrds(step, context)
    const there = await remaining(kept, ports.cluster)
    await refuseUnsaved(there, context)
    ports.progress({
      type: 'note',
      message: `whatever happens now, the backup brings all back: {program} crds restore ${files.backupFolder}`,
    })
    const names = there.map(({ name }) => name).join(', ')
    await journalProgress(context, step, `delete CRD ${names}`, goneEvidence(ports.clock.now()))
    await Promise.all(
      there.map(({ name, object }) => ports.clusterWriter.delete(crdRef(name), object.metadata.uid ?? '')),
    )
    await awaitGone(kept, context, payload.timeoutMs)
  },

  // A CRD of that name may be there again, made by the next step: only the uid tells.
  async probe(step, context) {
    const left = await remaining(await keptCrds(step, context), context.ports.cluster)
    return left.length === 0
      ? { state: 'done', message: 'the CRDs of before are gone' }
      : { state: 'not-done', message: `${left.map(({ name }) => name).join(', ')}: still there` }
  },
}

async function keptCrds(step: Step, { files }: RunContext): Promise<LiveCrd[]> {
  const names = step.type === 'delete-crds' ? step.crds : []
  await files.openBackup()
  const kept = (await files.readBackupCrds()).filter(({ name }) => names.includes(name))
  const missing = names.filter((name) => !kept.some((crd) => crd.name === name))
  if (missing.length === 0) return kept
  throw new UpgradeError('StepFailed', `CRD ${missing.join(', ')} is not in the backup: not deleted`, {
    remedy: 'nothing was deleted; run the command again',
  })
}

/** What was made or changed after it was backed up would be lost. */
async function refuseUnsaved(crds: readonly LiveCrd[], context: RunContext): Promise<void> {
  // Objects of a CRD that is being deleted already can only become fewer.
  const whole = crds.filter(({ object }) => object.metadata.deletionTimestamp === undefined)
  const kinds = whole.flatMap(({ object }) => customResourceKind(object) ?? [])
  for (const kind of kinds) {
    const { added, changed } = await compareResources(kind, context)
    const names = [...added, ...changed].map(({ namespace, name }) => `${namespace}/${name}`)
    if (names.length === 0) continue
    const message = `${names.length} ${kind.plural} were made or changed after the backup: ${names.slice(0, 5).join(', ')}`
    throw new UpgradeError('StepFailed', message, {
      remedy: 'nothing was deleted; run the command again when nobody writes to them',
    })
  }
}
