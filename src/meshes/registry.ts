import { generic } from './generic.js'
import type { MeshProfile } from './mesh.js'
import { osm } from './osm/osm.js'

/** Every mesh that has a profile of its own; adding one is a folder and a line here. */
export const meshProfiles: readonly MeshProfile[] = [osm]

/** The profile of a release by its chart; the generic one where no mesh claims it. */
export function profileForChart(chartName: string): MeshProfile {
  return meshProfiles.find((profile) => profile.matchesChart(chartName)) ?? generic
}
