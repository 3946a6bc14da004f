import type { CustomResourceKind, CustomResourceSummary } from '../model/crd.js'
import type { ReadPorts } from '../ports/ports.js'
import type { HopStore } from '../ports/run-store.js'

/** An object of the backup, and which live object it stands for. */
export interface BackedUpResource extends CustomResourceSummary {
  live?: Pick<CustomResourceSummary, 'uid' | 'resourceVersion' | 'generation' | 'specDigest' | 'labelsDigest'>
}

export interface ResourceComparison {
  missing: BackedUpResource[]
  /** Their content, labels or annotations are other than they were. */
  changed: BackedUpResource[]
  same: BackedUpResource[]
  /** Live objects that the backup does not have. */
  added: CustomResourceSummary[]
}

/** What of a kind in the backup is gone, what is other than it was, and what came. Throws `ApiFailure`. */
export async function compareResources(
  kind: CustomResourceKind,
  { files, ports }: { files: HopStore; ports: Pick<ReadPorts, 'cluster'> },
): Promise<ResourceComparison> {
  const wanted = await files.readBackupSummaries(kind)
  const live = new Map<string, CustomResourceSummary>()
  await ports.cluster.eachRawPage(kind, async (page) => {
    for (const { raw: _raw, ...summary } of page) live.set(keyOf(summary), summary)
  })
  const found: ResourceComparison = { missing: [], changed: [], same: [], added: [] }
  for (const item of wanted) {
    const now = live.get(keyOf(item))
    live.delete(keyOf(item))
    if (!now) {
      found.missing.push(item)
      continue
    }
    const same = now.specDigest === item.specDigest && now.labelsDigest === item.labelsDigest
    found[same ? 'same' : 'changed'].push({ ...item, live: now })
  }
  found.added = [...live.values()]
  return found
}

/** True where nobody wrote the object since it was backed up, however its schema shows it now. */
export function isUnwritten({ live, uid, generation, labelsDigest }: BackedUpResource): boolean {
  const isSame = live?.uid === uid && live.labelsDigest === labelsDigest
  return isSame && generation !== undefined && live.generation === generation
}

function keyOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`
}
