import type { MeshProfile } from '../../meshes/mesh.js'
import type { Finding } from '../../model/finding.js'
import type { Values } from '../../model/values.js'
import { joinPath, mergeValues, splitPath, valueAt } from './value-paths.js'

export interface IdentityInput {
  profile: MeshProfile
  from: { chartVersion: string; values: Values; defaults: Values }
  to: { chartVersion: string; values: Values; defaults: Values }
}

/**
 * The mesh's identity may not change in an upgrade: "Do NOT change meshName or osmNamespace" (upgrade guide).
 * Effective values count, so that a default that changes is noticed too.
 */
export function checkIdentity({ profile, from, to }: IdentityInput): Finding[] {
  const before = profile.valuePaths(from.chartVersion)?.identity ?? []
  const after = profile.valuePaths(to.chartVersion)?.identity ?? []
  const effective = (side: { values: Values; defaults: Values }, path: string): string =>
    JSON.stringify(valueAt(mergeValues(side.values, side.defaults), splitPath(path)) ?? '')
  return before.flatMap((path, index) => {
    const newPath = after[index] ?? path
    const [old, now] = [effective(from, path), effective(to, newPath)]
    if (old === now) return []
    return [
      {
        code: 'MU110',
        severity: 'error' as const,
        field: newPath,
        message: `${joinPath(splitPath(newPath))} would change from ${old} to ${now}: it names this mesh and may not change`,
        evidence: [`now ${path} = ${old}`, `after the upgrade ${newPath} = ${now}`],
        remedy: {
          text: `leave it out of your values, or set it as it is: --set ${newPath}=${old.replace(/"/g, '')}`,
          commands: [],
        },
      },
    ]
  })
}
