import type { MeshProfile } from '../meshes/mesh.js'
import type { Chart, CrdManifest } from '../model/chart.js'
import { customResourceKind, type CrdProof, type CustomResourceKind, type LiveCrd } from '../model/crd.js'
import type { ReleaseSnapshot } from '../model/release.js'
import type { UpgradeRequest } from '../model/upgrade-request.js'
import type { ReadPorts } from '../ports/ports.js'

/** CRDs as the cluster has them and as the target brings them. */
export interface CrdFacts {
  target: CrdManifest[]
  /** What the API server would make of each target CRD. */
  proofs: CrdProof[]
  /** True where CRDs are left alone. */
  skip: boolean
  /** True where CRDs that differ are deleted and made again. */
  recreate: boolean
  live: LiveCrd[]
  kinds: CustomResourceKind[]
  /** Custom resources by CRD name. */
  counts: Map<string, number>
}

export interface CrdWish {
  chart: Chart
  /** CRDs that the installed chart brought: those that the target drops are kept and watched too. */
  release: Pick<ReleaseSnapshot, 'crdNames'>
  /** Folder, file or URL that holds the CRDs of charts that carry none. */
  crdsFrom?: string
  /** `skip`: CRDs are left alone, so that nothing needs proving. */
  crds: UpgradeRequest['crds']
}

/** Reads live CRDs of the mesh and of the target, and counts their custom resources: O(kinds) requests. */
export async function readCrds(
  { chart, release, crdsFrom, crds }: CrdWish,
  profile: MeshProfile,
  ports: ReadPorts,
): Promise<CrdFacts> {
  const skip = crds === 'skip'
  const target = crdsFrom === undefined ? chart.crds : await ports.texts.readCrds(crdsFrom)
  const [found, proofs] = await Promise.all([
    readLive([...release.crdNames, ...target.map(({ object }) => object.metadata.name)], profile, ports),
    skip ? [] : Promise.all(target.map((manifest) => proveCrd(manifest, ports))),
  ])
  return { target, proofs, skip, recreate: crds === 'recreate', ...found }
}

/** Live CRDs by name and by the groups of a mesh, with the number of their objects. Throws `ApiFailure`. */
export async function readLive(
  chartNames: readonly string[],
  { crdGroups }: Pick<MeshProfile, 'crdGroups'>,
  { cluster }: ReadPorts,
): Promise<Pick<CrdFacts, 'live' | 'kinds' | 'counts'>> {
  const groupNames = crdGroups.length > 0 ? await cluster.listCrdNames(crdGroups) : []
  const names = [...new Set([...groupNames, ...chartNames])]
  const live = names.length > 0 ? await cluster.readCrds(names) : []
  const kinds = live.flatMap(({ object }) => customResourceKind(object) ?? [])
  return { live, kinds, counts: await countObjects(kinds, { cluster }) }
}

/** How many custom resources there are, by CRD name: one request a kind. */
export async function countObjects(
  kinds: readonly CustomResourceKind[],
  { cluster }: Pick<ReadPorts, 'cluster'>,
): Promise<Map<string, number>> {
  const counted = kinds.map(async (kind): Promise<[string, number]> => [
    kind.crd,
    await cluster.countObjects(kind),
  ])
  return new Map(await Promise.all(counted))
}

/** Asks the API server what it would make of a CRD; changes nothing (`dryRun=All`). */
async function proveCrd({ object }: CrdManifest, { cluster }: ReadPorts): Promise<CrdProof> {
  return { name: object.metadata.name, result: await cluster.dryRunApply(object) }
}
