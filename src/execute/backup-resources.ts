import type { CustomResourceKind } from '../model/crd.js'
import type { ReadPorts } from '../ports/ports.js'
import type { HopStore } from '../ports/run-store.js'

/** Appends all custom resources of the kinds to a backup, page by page; gives how many. Throws `ApiFailure`. */
export async function backupResources(
  kinds: readonly CustomResourceKind[],
  { files, ports }: { files: HopStore; ports: Pick<ReadPorts, 'cluster' | 'progress'> },
): Promise<number> {
  let objects = 0
  for (const [index, kind] of kinds.entries()) {
    await ports.cluster.eachRawPage(kind, async (page) => {
      await files.backupCustomResources(kind, page)
      objects += page.length
      const message = `${kind.plural}: ${objects} custom resources so far`
      ports.progress({ type: 'step-progress', message, done: index + 1, total: kinds.length })
    })
  }
  return objects
}
