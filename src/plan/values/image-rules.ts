import type { ValuePaths } from '../../meshes/mesh.js'
import { compareVersions } from '../../meshes/version-order.js'
import { parseVersion, plainVersion } from '../../model/version.js'
import type { ImagesMode } from '../../model/upgrade-request.js'
import type { Json, Values } from '../../model/values.js'
import { joinPath, splitPath, valueAt } from './value-paths.js'

export interface ImageRuleInput {
  mode: ImagesMode
  /** Paths of the version that the user's values were written for. */
  paths: ValuePaths
  /** Defaults of the installed chart: a value equal to its default was not chosen. */
  oldDefaults: Values
  fromVersion: string
  fromAppVersion: string
  /** A tag that names a version older than this one is no choice for it. */
  toVersion: string
}

export type ImageJudgement =
  | { type: 'no-image' }
  | { type: 'keep'; reason: string; warning?: string }
  | { type: 'reset'; reason: string; warning?: string }

/**
 * Whether a user-supplied image value survives the upgrade. The guide's rule (`osm mesh upgrade`) resets
 * registry and tag; by default a registry that the user chose stays and a tag that pins the old version goes.
 */
export function judgeImageValue(path: readonly string[], value: Json, input: ImageRuleInput): ImageJudgement {
  const dotted = joinPath(path)
  const isRegistry = dotted === input.paths.registry
  const isTag = dotted === input.paths.tag
  const isImage = input.paths.images.some((image) => dotted === image || dotted.startsWith(`${image}.`))
  if (!isRegistry && !isTag && !isImage) return { type: 'no-image' }
  if (input.mode === 'as-is') return { type: 'keep', reason: 'image value kept as it is (--images as-is)' }
  if (input.mode === 'chart' && (isRegistry || isTag)) {
    return { type: 'reset', reason: "reset to the chart's own (--images chart)" }
  }
  if (value === valueAt(input.oldDefaults, splitPath(dotted))) {
    return { type: 'reset', reason: `was the default of ${input.fromVersion}, not a choice` }
  }
  if (isRegistry) return { type: 'keep', reason: 'a registry that you chose is kept' }
  return isTag ? judgeTag(value, input) : judgeOtherImage(dotted)
}

function judgeTag(value: Json, input: ImageRuleInput): ImageJudgement {
  const tag = typeof value === 'string' ? value : JSON.stringify(value)
  const named = namedVersion(tag)
  if (named === undefined || !isOlder(named, input.toVersion)) {
    return {
      type: 'keep',
      reason: 'a tag of your own is kept',
      warning: `tag ${tag} is kept: make sure that it holds the images of the target version`,
    }
  }
  const reason = `it pinned the old version ${named}`
  if (plainVersion(tag) === named) return { type: 'reset', reason }
  const warning = `tag ${tag} is more than a version: if your registry needs such a suffix, set the new tag with --set`
  return { type: 'reset', reason, warning }
}

/** The version that a tag names: `0.9.2` of `v0.9.2-fips`, `0.9` of `v0.9`; undefined for `build-77`. */
export function namedVersion(tag: string): string | undefined {
  return /(?:^|[^\d.])v?(\d+\.\d+(?:\.\d+)?)(?![\d.])/i.exec(tag)?.[1]
}

/** True where a version, perhaps without a patch number, is older than another. */
export function isOlder(version: string, than: string): boolean {
  const whole = version.split('.').length === 2 ? `${version}.0` : version
  return parseVersion(than) !== undefined && compareVersions(whole, plainVersion(than)) < 0
}

function judgeOtherImage(dotted: string): ImageJudgement {
  return {
    type: 'keep',
    reason: 'an image that you chose is kept',
    warning: `${dotted} is kept: make sure that it suits the target version`,
  }
}
