import { UpgradeError } from '../errors.js'
import { meshProfiles } from '../meshes/registry.js'
import type { ReleaseName, ReleaseSnapshot } from '../model/release.js'
import type { ReadPorts } from '../ports/ports.js'

/** Which release is meant; both may be left out where exactly one known mesh is installed. */
export interface ReleaseWish {
  releaseName?: string
  namespace?: string
}

/**
 * Finds and reads the release. Throws `ReleaseAbsent` or `ReleaseAmbiguous` with the choices there are.
 */
export async function findRelease(wish: ReleaseWish, ports: ReadPorts): Promise<ReleaseSnapshot> {
  const name =
    wish.releaseName === undefined
      ? await onlyMesh(wish, ports)
      : await namedRelease(wish.releaseName, wish, ports)
  const release = await ports.releases.readRelease(name)
  if (release) return release
  throw await absent(name.name, name.namespace, ports)
}

/** Releases of all known meshes in the cluster, found by a Deployment that each of them has. */
export async function findMeshes(
  ports: Pick<ReadPorts, 'cluster'>,
  namespace?: string,
): Promise<ReleaseName[]> {
  const markers = meshProfiles.flatMap(({ marker }) => (marker ? [marker] : []))
  const found = await Promise.all(
    markers.map((labelSelector) =>
      ports.cluster.listObjects('apps/v1', 'Deployment', {
        labelSelector,
        metadataOnly: true,
        ...(namespace === undefined ? {} : { namespace }),
      }),
    ),
  )
  const names = found.flat().flatMap(({ metadata }) => {
    const name = metadata.annotations?.['meta.helm.sh/release-name']
    const releaseNamespace = metadata.annotations?.['meta.helm.sh/release-namespace'] ?? metadata.namespace
    return name && releaseNamespace ? [{ name, namespace: releaseNamespace }] : []
  })
  const unique = new Map(names.map((release) => [`${release.namespace}/${release.name}`, release]))
  return [...unique.values()]
}

async function onlyMesh(wish: ReleaseWish, ports: ReadPorts): Promise<ReleaseName> {
  const meshes = await findMeshes(ports, wish.namespace)
  const [first, second] = meshes
  if (first && !second) return first
  const where = wish.namespace === undefined ? 'in any namespace' : `in namespace ${wish.namespace}`
  if (!first) {
    const known = meshProfiles.map(({ title }) => title).join(', ')
    throw new UpgradeError('ReleaseAbsent', `no known mesh (${known}) is installed by helm ${where}`, {
      remedy: 'Name the release: {program} RELEASE CHART -n NAMESPACE; see what there is: helm list -A',
    })
  }
  throw ambiguous(`${meshes.length} meshes are installed`, meshes)
}

async function namedRelease(name: string, wish: ReleaseWish, ports: ReadPorts): Promise<ReleaseName> {
  if (wish.namespace !== undefined) return { name, namespace: wish.namespace }
  const found = await ports.releases.findRelease(name)
  const [first, second] = found
  if (!first) throw await absent(name, undefined, ports)
  if (second) throw ambiguous(`release ${name} is stored in ${found.length} namespaces`, found)
  return first
}

function ambiguous(what: string, choices: readonly ReleaseName[]): UpgradeError {
  return new UpgradeError('ReleaseAmbiguous', what, {
    choices: choices.map(({ name, namespace }) => `{program} ${name} -n ${namespace}`).join('  or  '),
  })
}

async function absent(name: string, namespace: string | undefined, ports: ReadPorts): Promise<UpgradeError> {
  const elsewhere = namespace === undefined ? [] : await ports.releases.findRelease(name).catch(() => [])
  const hint = elsewhere.map((release) => `{program} ${release.name} -n ${release.namespace}`).join('  or  ')
  const where = namespace === undefined ? 'in any namespace' : `in namespace ${namespace}`
  return new UpgradeError('ReleaseAbsent', `helm has no release ${name} ${where}`, {
    remedy: hint ? `Did you mean: ${hint}` : 'See what there is: helm list -A',
  })
}
