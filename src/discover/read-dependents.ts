import { messageOf, UpgradeError } from '../errors.js'
import type { KubeObject, ServedKind } from '../model/kube-object.js'
import { refOf } from '../model/kube-object.js'
import type { ObjectRef } from '../model/object-ref.js'
import type { ReadPorts } from '../ports/ports.js'

export interface Dependents {
  objects: ObjectRef[]
  /** Kinds that could not be listed, and why. */
  unread: string[]
}

const atOnce = 8

/**
 * Every object of every kind that `isOwned` picks, from metadata alone: one list a kind. Kinds that cannot be
 * listed at all (reviews) have no objects. Never throws for a kind that may not be read: it is told.
 */
export async function readDependents(
  kinds: readonly ServedKind[],
  isOwned: (object: KubeObject) => boolean,
  { cluster }: Pick<ReadPorts, 'cluster'>,
): Promise<Dependents> {
  const found: Dependents = { objects: [], unread: [] }
  const queue = [...oncePerKind(kinds)]
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { group, version, kind } = next
      const apiVersion = group === '' ? version : `${group}/${version}`
      try {
        const objects = await cluster.listObjects(apiVersion, kind, { metadataOnly: true })
        found.objects.push(...objects.filter(isOwned).map(refOf))
      } catch (error) {
        if (!isNotListed(error)) found.unread.push(`${kind}: ${messageOf(error)}`)
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return found
}

/** The same objects are served in several versions; an Event owns nothing and belongs to nobody. */
function oncePerKind(kinds: readonly ServedKind[]): ServedKind[] {
  const byKind = new Map<string, ServedKind>()
  for (const each of kinds) {
    const key = `${each.group}/${each.kind}`
    if (each.kind !== 'Event' && !byKind.has(key)) byKind.set(key, each)
  }
  return [...byKind.values()]
}

function isNotListed(error: unknown): boolean {
  return error instanceof UpgradeError && error.details['status'] === '405'
}
