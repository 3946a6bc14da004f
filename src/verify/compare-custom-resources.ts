import { messageOf } from '../errors.js'
import type { CustomResourceKind, CustomResourceSummary, RawObject } from '../model/crd.js'
import type { ClusterReader } from '../ports/cluster.js'
import type { RunStore } from '../ports/run-store.js'
import { fieldDifferences } from './field-differences.js'
import type { KindComparison } from './observation.js'

/** Compares the custom resources of a kind with the backup, page by page; never throws. */
export async function compareWithBackup(
  kind: CustomResourceKind,
  cluster: ClusterReader,
  store: RunStore,
): Promise<KindComparison> {
  const comparison: KindComparison = {
    crd: kind.crd,
    before: 0,
    after: 0,
    missing: [],
    recreated: [],
    changed: [],
    defaulted: [],
  }
  try {
    const before = new Map(
      (await store.readBackupSummaries(kind)).map((summary) => [nameOf(summary), summary]),
    )
    comparison.before = before.size
    await cluster.eachRawPage(kind, async (page) => {
      comparison.after += page.length
      for (const object of page) {
        const old = before.get(nameOf(object))
        if (old) await compareOne(old, object, comparison, () => store.readBackupObject(kind, old.uid))
        before.delete(nameOf(object))
      }
    })
    comparison.missing = [...before.keys()]
  } catch (error) {
    comparison.unreadable = messageOf(error)
  }
  return comparison
}

async function compareOne(
  old: CustomResourceSummary,
  now: RawObject,
  comparison: KindComparison,
  readOld: () => Promise<string | undefined>,
): Promise<void> {
  if (old.uid !== now.uid) comparison.recreated.push(nameOf(now))
  if (old.specDigest === now.specDigest) return
  const { lost, gained } = fieldDifferences((await readOld()) ?? '{}', now.raw)
  if (lost.length > 0 || gained.length === 0)
    comparison.changed.push({ object: nameOf(now), fields: [...lost, ...gained] })
  else comparison.defaulted.push({ object: nameOf(now), fields: gained })
}

function nameOf({ namespace, name }: CustomResourceSummary): string {
  return namespace === '' ? name : `${namespace}/${name}`
}
