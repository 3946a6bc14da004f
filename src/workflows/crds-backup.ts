import { findRelease, type ReleaseWish } from '../discover/find-release.js'
import { readLive } from '../discover/read-crds.js'
import { UpgradeError } from '../errors.js'
import { backupResources } from '../execute/backup-resources.js'
import { profileForChart } from '../meshes/registry.js'
import type { CrdBackup } from '../model/crd-backup.js'
import type { ReadPorts, WritePorts } from '../ports/ports.js'

export interface CrdBackupWish extends ReleaseWish {
  /** API groups whose CRDs are meant; empty: those of the release. */
  groups: readonly string[]
  folder: string
}

/**
 * Writes CRDs and all of their custom resources to a folder, in the form that runs keep theirs; reads it again
 * and compares. Changes nothing in the cluster. Throws `RunFolderUnwritable` for a folder that holds something,
 * `BackupDamaged`, and as `findRelease`.
 */
export async function backupCrds(wish: CrdBackupWish, ports: WritePorts): Promise<CrdBackup> {
  const { live, kinds } = await crdsOf(wish, ports)
  if (live.length === 0) {
    throw new UpgradeError('ReleaseAbsent', 'there are no CRDs to back up', {
      remedy: 'Name a release, or API groups: --group GROUP; see what there is: kubectl get crd',
    })
  }
  const files = await ports.runs.newBackup(wish.folder)
  await files.beginBackup()
  await files.backupCrds(live)
  const objects = await backupResources(kinds, { files, ports })
  const index = await files.sealBackup()
  const counts = new Map(index.files.map((file) => [file.file, file.objects]))
  return {
    folder: files.backupFolder,
    crds: live.map(({ name }) => ({
      name,
      customResources: counts.get(`custom-resources/${name}.ndjson`) ?? 0,
    })),
    objects,
    files: index.files.length,
  }
}

async function crdsOf(wish: CrdBackupWish, ports: ReadPorts): ReturnType<typeof readLive> {
  if (wish.groups.length > 0) return readLive([], { crdGroups: [...wish.groups] }, ports)
  const release = await findRelease(wish, ports)
  return readLive(release.crdNames, profileForChart(release.chartName), ports)
}
