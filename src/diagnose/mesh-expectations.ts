import type { MeshExpectation } from '../meshes/mesh.js'
import { profileForChart } from '../meshes/registry.js'
import type { ReleaseSnapshot } from '../model/release.js'
import { mergeValues } from '../plan/values/value-paths.js'

/** What the mesh of a release needs besides its objects; none where no mesh is known. */
export function meshExpectations(release: ReleaseSnapshot): MeshExpectation[] {
  const { chartName, chartVersion, namespace, chartDefaults, userSuppliedValues } = release
  const values = mergeValues(userSuppliedValues.reveal(), chartDefaults)
  return profileForChart(chartName).expectations?.({ namespace, chartVersion, values }) ?? []
}
