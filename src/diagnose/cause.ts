import { profileForChart } from '../meshes/registry.js'
import { compareVersions } from '../meshes/version-order.js'
import type { Finding, Remedy } from '../model/finding.js'
import { plainVersion, parseVersion } from '../model/version.js'
import { formatRef, refKey, type ObjectRef } from '../model/object-ref.js'
import { splitPath, valueAt } from '../plan/values/value-paths.js'
import type { PodFacts, ReleaseFacts } from './rollout-facts.js'

/** A cause and the pods that it holds up. */
export interface CauseParts {
  code: string
  pods: readonly PodFacts[]
  message: string
  evidence: string[]
  remedy: Remedy
}

/** One finding for all pods that have the same cause. */
export function causeOf({ pods, ...parts }: CauseParts): Finding {
  const [workload, another] = workloadsOf(pods)
  return {
    ...parts,
    severity: 'error',
    ...(workload && !another ? { object: workload } : {}),
    objects: pods.map(({ ref }) => ref),
  }
}

/** The workloads of pods, each once. */
export function workloadsOf(pods: readonly PodFacts[]): ObjectRef[] {
  return [...new Map(pods.map(({ workload }) => [refKey(workload), workload])).values()]
}

/** `osm-controller and osm-injector`. */
export function namesOf(refs: readonly ObjectRef[]): string {
  const names = [...new Set(refs.map(({ name }) => name))]
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`
}

/** What a message is about: one workload in full, several by name. */
export function subjectOf(pods: readonly PodFacts[]): string {
  const workloads = workloadsOf(pods)
  const [only, second] = workloads
  return only && !second ? formatRef(only) : namesOf(workloads)
}

/** Items in groups of the same key, in order of appearance. */
export function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[][] {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return [...groups.values()]
}

/** The texts without repetitions, at most `count` of them. */
export function some(texts: readonly string[], count: number): string[] {
  return [...new Set(texts)].slice(0, count)
}

/** The same release at the same version once more, with what changes; `{program}` is filled by the report. */
export function upgradeCommand(release: ReleaseFacts, ...words: string[]): string {
  const { name, namespace, chartVersion, chartPath } = release
  const chart =
    chartPath === undefined ? [] : [/^[\w@%+=:,./-]+$/.test(chartPath) ? chartPath : `'${chartPath}'`]
  return ['{program}', name, ...chart, '-n', namespace, '--to', chartVersion, ...words].join(' ')
}

/** The tag of the chart's own images: its default, else the appVersion (which may lack the tag's leading v). */
export function chartTag({ chartName, chartVersion, chartDefaults, appVersion }: ReleaseFacts): string {
  const paths = profileForChart(chartName).valuePaths(chartVersion)
  const tag = paths ? valueAt(chartDefaults, splitPath(paths.tag)) : undefined
  return typeof tag === 'string' && tag !== '' ? tag : appVersion
}

/** Commands that bring the images to the chart's own version: the tag alone, and registry and tag. */
export function tagCommands(release: ReleaseFacts): string[] {
  const paths = profileForChart(release.chartName).valuePaths(release.chartVersion)
  const reset = upgradeCommand(release, '--images', 'chart')
  return paths ? [upgradeCommand(release, '--set', `${paths.tag}=${chartTag(release)}`), reset] : [reset]
}

/** The tag of an image reference: empty where it has none or is chosen by digest. */
export function tagOf(image: string): string {
  return /:([\w][\w.-]{0,127})$/.exec(image.split('@')[0] ?? '')?.[1] ?? ''
}

/** How an image's tag compares with the chart's own; undefined where either is no version. */
export function tagAge(image: string, release: ReleaseFacts): 'older' | 'newer' | 'same' | undefined {
  const [tag, wanted] = [tagOf(image), chartTag(release)].map(plainVersion)
  if (!tag || !wanted || !parseVersion(tag) || !parseVersion(wanted)) return undefined
  const order = compareVersions(tag, wanted)
  if (order === 0) return 'same'
  return order < 0 ? 'older' : 'newer'
}
