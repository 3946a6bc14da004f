import { messageOf } from '../errors.js'
import type { CustomResourceKind, CustomResourceSummary, RawObject } from '../model/crd.js'
import type { ClusterReader } from '../ports/cluster.js'
import type { HopStore } from '../ports/run-store.js'
import { fieldDifferences, formatPath } from './field-differences.js'
import type { KindComparison } from './observation.js'
import { schemaEffect, type SchemaChange } from './schema-effects.js'

/**
 * Compares the custom resources of a kind with the backup, page by page; never throws.
 * What the change of the schema alone explains is told apart from what somebody changed.
 */
export async function compareWithBackup(
  kind: CustomResourceKind,
  cluster: ClusterReader,
  store: HopStore,
  schema: SchemaChange & { isRemade?: boolean },
): Promise<KindComparison> {
  const comparison: KindComparison = {
    crd: kind.crd,
    before: 0,
    after: 0,
    missing: [],
    recreated: [],
    changed: [],
    defaulted: [],
    pruned: [],
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
        if (old) {
          const readOld = (): Promise<string | undefined> => store.readBackupObject(kind, old.uid)
          await compareOne([old, object], comparison, readOld, schema)
          // Nobody but us wrote it, so that labels and annotations must be the same, too.
          if (schema.isRemade === true && old.labelsDigest !== object.labelsDigest)
            comparison.changed.push({ object: nameOf(old), fields: ['.metadata'] })
        }
        before.delete(nameOf(object))
      }
    })
    comparison.missing = [...before.keys()]
    if (schema.isRemade === true) {
      comparison.remade = comparison.recreated.length
      comparison.recreated = []
    }
  } catch (error) {
    comparison.unreadable = messageOf(error)
  }
  return comparison
}

async function compareOne(
  [old, now]: [CustomResourceSummary, RawObject],
  comparison: KindComparison,
  readOld: () => Promise<string | undefined>,
  schema: SchemaChange,
): Promise<void> {
  if (old.uid !== now.uid) comparison.recreated.push(nameOf(now))
  if (old.specDigest === now.specDigest) return
  const { lost, gained } = fieldDifferences((await readOld()) ?? '{}', now.raw)
  const object = nameOf(now)
  const effects = lost.map((difference) => schemaEffect(difference, schema))
  if (effects.includes(undefined) || lost.length + gained.length === 0) {
    const fields = [...lost.map(({ path }) => path), ...gained].map(formatPath)
    comparison.changed.push({ object, fields })
    return
  }
  const paths = (effect: 'pruned' | 'default'): string[] =>
    lost.filter((_, index) => effects[index] === effect).map(({ path }) => formatPath(path))
  const pruned = paths('pruned')
  const defaulted = [...paths('default'), ...gained.map(formatPath)]
  if (pruned.length > 0) comparison.pruned.push({ object, fields: pruned })
  if (defaulted.length > 0) comparison.defaulted.push({ object, fields: defaulted })
}

function nameOf({ namespace, name }: CustomResourceSummary): string {
  return namespace === '' ? name : `${namespace}/${name}`
}
