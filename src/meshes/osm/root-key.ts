import { compareVersions } from '../version-order.js'

/** The one key under which all values of the mesh are; it was renamed at 1.0.0. */
export function rootKey(chartVersion: string): string {
  return compareVersions(chartVersion, '1.0.0') < 0 ? 'OpenServiceMesh' : 'osm'
}
