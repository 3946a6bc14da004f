import type { MeshProfile } from '../../meshes/mesh.js'
import type { Finding } from '../../model/finding.js'
import type { Values } from '../../model/values.js'
import { isOlder, namedVersion } from './image-rules.js'
import { splitPath, valueAt } from './value-paths.js'

/** The tag that helm will really be given, whoever set it: images of another version than the chart do not start. */
export function checkOldTag(profile: MeshProfile, chartVersion: string, values: Values): Finding[] {
  const path = profile.valuePaths(chartVersion)?.tag
  if (path === undefined) return []
  const tag = valueAt(values, splitPath(path))
  if (typeof tag !== 'string') return []
  const named = namedVersion(tag)
  if (named === undefined || !isOlder(named, chartVersion)) return []
  return [
    {
      code: 'MU107',
      severity: 'warning',
      field: path,
      message: `tag ${tag} is of an older version than the chart (${chartVersion}): its programs may not know the new arguments`,
      evidence: [],
      remedy: { text: 'leave the tag out, or name the one of the target version', commands: [] },
    },
  ]
}
