import type { MeshStatus } from '../model/mesh-status.js'
import { tableRows } from './text.js'
import { themeOf } from './theme.js'
import type { View } from './view.js'

/** Installed meshes, one row each, and the command that would upgrade the first that can be. */
export function formatStatus(meshes: readonly MeshStatus[], view: View): string {
  const theme = themeOf(view)
  if (meshes.length === 0) return 'no known mesh is installed\n'
  const rows = meshes.map((mesh) => [
    mesh.mesh.title,
    mesh.release,
    mesh.namespace,
    mesh.chartVersion,
    mesh.releaseStatus === 'deployed' ? mesh.releaseStatus : theme.warn(mesh.releaseStatus),
    newer(mesh),
  ])
  const header = ['MESH', 'RELEASE', 'NAMESPACE', 'VERSION', 'STATUS', 'AVAILABLE']
  const lines = tableRows([header, ...rows], view.width).flat()
  const next = meshes.find(({ recommended }) => recommended !== undefined)
  const hint = next
    ? ['', `→ ${theme.command(`${view.program} plan ${next.release} -n ${next.namespace}`)}`]
    : []
  return `${[...lines, ...hint].join('\n')}\n`
}

function newer({ available, recommended }: MeshStatus): string {
  if (available === undefined) return 'unknown'
  if (available.length === 0) return 'newest'
  const names = available.map((version) => (version === recommended ? `${version} (recommended)` : version))
  return names.join(', ')
}
