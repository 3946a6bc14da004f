import { messageOf, UpgradeError } from '../errors.js'
import { compareResources } from '../execute/compare-resources.js'
import { crdsToPutBack, isGoing, putCrdsBack } from '../execute/put-crds-back.js'
import { restoreObjects, type Restored } from '../execute/restore-objects.js'
import type { Consent } from '../model/consent.js'
import { customResourceKind, type CustomResourceKind, type LiveCrd } from '../model/crd.js'
import type { CrdRestoreOutcome, CrdRestorePlan } from '../model/crd-backup.js'
import { digestOfJson } from '../model/digest.js'
import type { Interrupts } from '../ports/interrupts.js'
import type { ReadPorts, WritePorts } from '../ports/ports.js'
import type { HopStore } from '../ports/run-store.js'

export interface CrdRestoreWish {
  folder: string
  /** Live objects that differ from the backup are replaced. */
  overwrite: boolean
}

export interface PreparedCrdRestore {
  plan: CrdRestorePlan
  files: HopStore
  crds: LiveCrd[]
  kinds: CustomResourceKind[]
}

/** How long a CRD that is being deleted, or a webhook that does not answer, is waited for. */
const withinMs = 300_000
const remedy = 'mend what the server names, then run the same command again: what is back stays'

/**
 * Compares a backup folder with the cluster; the folder alone says which CRDs and kinds. Changes nothing.
 * Throws `BackupDamaged` where a file is not what was written.
 */
export async function prepareCrdRestore(
  { folder, overwrite }: CrdRestoreWish,
  ports: Pick<WritePorts, 'cluster' | 'runs'>,
): Promise<PreparedCrdRestore> {
  const files = await ports.runs.backupAt(folder)
  await files.openBackup()
  const crds = await files.readBackupCrds()
  const kinds = crds.flatMap(({ object }) => customResourceKind(object) ?? [])
  const [live, open] = await Promise.all([
    ports.cluster.readCrds(crds.map(({ name }) => name)),
    crdsToPutBack(crds, ports),
  ])
  const there = new Set(live.filter((crd) => !isGoing(crd)).map(({ name }) => name))
  const stays = new Set(crds.map(({ name }) => name).filter((name) => !open.some((crd) => crd.name === name)))
  const content: Omit<CrdRestorePlan, 'digest'> = {
    ...{ folder: files.backupFolder, overwrite },
    crds: crds.map(({ name }) => ({
      ...{ name, action: stays.has(name) ? 'none' : there.has(name) ? 'replace' : 'create' },
    })),
    resources: await Promise.all(kinds.map((kind) => compared(kind, there, { files, ports }))),
  }
  return { plan: { ...content, digest: digestOfJson(content) }, files, crds, kinds }
}

async function compared(
  kind: CustomResourceKind,
  there: ReadonlySet<string>,
  context: { files: HopStore; ports: Pick<ReadPorts, 'cluster'> },
): Promise<CrdRestorePlan['resources'][number]> {
  const { crd } = kind
  if (!there.has(crd)) {
    const total = (await context.files.readBackupSummaries(kind)).length
    return { crd, total, missing: total, differing: 0 }
  }
  const { missing, changed, same } = await compareResources(kind, context)
  const [gone, differing] = [missing.length, changed.length]
  return { crd, total: gone + differing + same.length, missing: gone, differing }
}

/** True where a restore would change nothing. */
export function isRestored({ crds, resources, overwrite }: CrdRestorePlan): boolean {
  const isWhole = resources.every(
    ({ missing, differing }) => missing === 0 && (!overwrite || differing === 0),
  )
  return isWhole && crds.every(({ action }) => action === 'none')
}

/** Puts back what was consented to; a failure is an outcome. Throws `PlanStale` for a consent to something else. */
export async function performCrdRestore(
  prepared: PreparedCrdRestore,
  consent: Consent,
  ports: WritePorts,
  interrupts: Interrupts,
): Promise<CrdRestoreOutcome> {
  const { plan, files, crds, kinds } = prepared
  if (consent.planDigest !== plan.digest)
    throw new UpgradeError('PlanStale', 'the consent is for another restore')
  const startedAt = ports.clock.now()
  const crdsPutBack: string[] = []
  const restored: Restored = { created: 0, replaced: 0, left: 0 }
  const work = { ports, interrupts, files }
  const ended = (): Omit<CrdRestoreOutcome, 'result'> => ({
    ...{ plan, crdsPutBack, ...restored, elapsedMs: ports.clock.now() - startedAt },
  })
  try {
    const onEach = async (name: string): Promise<void> => void crdsPutBack.push(name)
    await putCrdsBack(crds, { withinMs, onEach }, work)
    const wish = {
      kinds,
      edits: [],
      overwrite: plan.overwrite,
      withinMs,
      remedy,
      onBatch: async () => undefined,
    }
    Object.assign(restored, await restoreObjects(wish, work))
    return { result: 'restored', ...ended() }
  } catch (error) {
    const message = ports.redact(messageOf(error))
    return { result: 'failed', ...ended(), failure: { message, remedy } }
  }
}
