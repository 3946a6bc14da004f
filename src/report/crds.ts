import type { CrdChange, CrdClaim } from '../model/crd.js'
import { count, tableRows, wrap } from './text.js'
import { themeOf } from './theme.js'
import type { View } from './view.js'

const shownDifferences = 6

/** `4 in place · 1 new · 2 unchanged      212 custom resources`. */
export function crdSummary(changes: readonly CrdChange[]): string {
  if (changes.length === 0) return 'none'
  const number = (action: CrdChange['action']): number =>
    changes.filter((change) => change.action === action).length
  const parts: [number, string][] = [
    [number('update'), 'in place'],
    [number('recreate'), 'deleted and made again'],
    [number('create'), 'new'],
    [number('none'), 'unchanged'],
    [number('left-to-owner'), 'left to their owner'],
    [number('not-in-target'), 'not in the target'],
  ]
  const named = parts.filter(([some]) => some > 0).map(([some, text]) => `${some} ${text}`)
  // Several hops tell of the same CRD.
  const byName = new Map(changes.map(({ name, customResources }) => [name, customResources]))
  const resources = [...byName.values()].reduce((sum, number) => sum + number, 0)
  return `${named.join(' · ')} · ${count(resources, 'custom resource')} kept`
}

/** Each CRD with release notes, chart and cluster side by side, then what they disagree about. */
export function crdLines(changes: readonly CrdChange[], view: View): string[] {
  if (changes.length === 0) return []
  const theme = themeOf(view)
  const wide = view.width >= 90
  const header = ['ACTION', 'CRD', ...(wide ? ['RELEASE NOTES', 'CHART', 'CLUSTER'] : [])]
  const rows = changes.map((change) => {
    return [action(change), change.name, ...(wide ? sources(change).map(([, text]) => text) : [])]
  })
  const [first = [], ...lines] = tableRows([header, ...rows], view.width, 2)
  const details = changes.flatMap((change, index) => [
    ...(lines[index] ?? []),
    ...(wide
      ? []
      : [
          wrap(
            sources(change)
              .map((source) => source.join(' '))
              .join(' · '),
            view.width,
            { indent: 6 },
          ),
        ]),
    ...detailLines(change, view),
  ])
  return [...first.map((line) => theme.quiet(line)), ...details]
}

function sources(change: CrdChange): [string, string][] {
  return [
    ['release notes:', claim(change.releaseNotes)],
    ['chart:', claim(change.targetChart)],
    ['cluster:', onCluster(change)],
  ]
}

function claim(value: CrdClaim): string {
  return value === 'not-carried' ? 'not carried' : value
}

function onCluster(change: CrdChange): string {
  if (!change.live) return 'absent'
  return change.differences.length > 0 ? 'differs' : 'same'
}

function action(change: CrdChange): string {
  const words: Record<CrdChange['action'], string> = {
    create: 'create',
    update: 'update',
    recreate: 'recreate',
    none: 'none',
    'left-to-owner': `by ${change.owner}`,
    'not-in-target': 'keep',
  }
  return words[change.action]
}

function detailLines(change: CrdChange, view: View): string[] {
  const theme = themeOf(view)
  const lines = [...disagreements(change).map((text) => theme.warn(text)), ...versionLine(change)]
  const shown = change.differences.slice(0, shownDifferences)
  const more = change.differences.length - shown.length
  lines.push(...shown.map((text) => theme.quiet(text)), ...(more > 0 ? [theme.quiet(`… ${more} more`)] : []))
  return lines.map((line) => wrap(line, view.width, { indent: 6, hang: 2 }))
}

function versionLine({ live, target }: CrdChange): string[] {
  if (!live || !target) return []
  const before = versions(live.servedVersions, live.storageVersion)
  const after = versions(target.servedVersions, target.storageVersion)
  return before === after ? [] : [`versions ${before} → ${after}`]
}

function versions(served: readonly string[], storage: string): string {
  return served.map((version) => (version === storage ? `${version} (stored)` : version)).join(', ')
}

/** Where the three sources contradict each other. */
export function disagreements(change: CrdChange): string[] {
  const { releaseNotes, targetChart } = change
  const texts: string[] = []
  if (moves(targetChart) && releaseNotes === 'unchanged') {
    texts.push(`the chart says ${targetChart}, the release notes do not list it`)
  }
  if (moves(releaseNotes) && (targetChart === 'unchanged' || targetChart === 'not-carried')) {
    const verb = targetChart === 'unchanged' ? 'change' : 'carry'
    texts.push(`the release notes say ${releaseNotes}, the chart does not ${verb} it`)
  }
  if (targetChart === 'unchanged' && change.live && change.differences.length > 0) {
    const who = change.managers.length > 0 ? ` (written by ${change.managers.join(', ')})` : ''
    texts.push(`the cluster's copy is not that of the chart${who}`)
  }
  return texts
}

function moves(claimed: CrdClaim): boolean {
  return claimed === 'changed' || claimed === 'added'
}
