import type { ValueMigration } from '../../meshes/mesh.js'
import { compareVersions } from '../../meshes/version-order.js'
import { splitPath } from './value-paths.js'

export type MigratedPath =
  | { type: 'same' }
  | { type: 'moved'; path: string[]; at: string }
  | { type: 'gone'; at: string; hint?: string }

/** What a user-supplied key is called after an upgrade from one chart version to another. */
export function migratePath(
  path: readonly string[],
  migrations: readonly ValueMigration[],
  versions: { from: string; to: string },
): MigratedPath {
  let current = [...path]
  let movedAt: string | undefined
  for (const migration of migrations) {
    const applies =
      compareVersions(migration.at, versions.from) > 0 && compareVersions(migration.at, versions.to) <= 0
    const prefix = splitPath(migration.from)
    if (!applies || !startsWith(current, prefix)) continue
    if (migration.to === undefined) {
      return migration.hint
        ? { type: 'gone', at: migration.at, hint: migration.hint }
        : { type: 'gone', at: migration.at }
    }
    current = [...splitPath(migration.to), ...current.slice(prefix.length)]
    movedAt = migration.at
  }
  return movedAt === undefined ? { type: 'same' } : { type: 'moved', path: current, at: movedAt }
}

function startsWith(path: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((part, index) => path[index] === part)
}
