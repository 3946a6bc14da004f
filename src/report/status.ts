import type { MeshStatus } from '../model/mesh-status.js'
import type { RunState } from '../model/run-record.js'
import { runLines } from './run-status.js'
import { tableRows } from './text.js'
import { themeOf } from './theme.js'
import type { View } from './view.js'

/** Installed meshes, one row each, who works on them, and the command that would upgrade the first that can be. */
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
  const next = meshes.find(
    ({ recommended, lastRun }) => recommended !== undefined && isAtRest(lastRun?.state),
  )
  const hint = next
    ? ['', `→ ${theme.command(`${view.program} plan ${next.release} -n ${next.namespace}`)}`]
    : []
  return `${[...lines, ...runLines(meshes, view), ...hint].join('\n')}\n`
}

/** What runs, or stopped in the middle, comes before anything new. */
function isAtRest(state: RunState | undefined): boolean {
  return state !== 'running' && state !== 'died' && state !== 'interrupted'
}

function newer({ available, recommended }: MeshStatus): string {
  if (available === undefined) return 'unknown'
  if (available.length === 0) return 'newest'
  const names = available.map((version) => (version === recommended ? `${version} (recommended)` : version))
  return names.join(', ')
}

/** That the waiting came to its end before the run did. */
export function formatTimeout({ release, namespace }: MeshStatus, timeout: string, view: View): string {
  return `${themeOf(view).bad('Error:')} the run of ${release} in ${namespace} is not over after ${timeout}\n`
}
