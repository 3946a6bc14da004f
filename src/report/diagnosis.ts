import { formatRef } from '../model/object-ref.js'
import type { Diagnosis, RolloutStatus, StalledPod, WorkloadStatus } from '../model/rollout.js'
import { findingLines } from './findings.js'
import { count, tableRows, wrap } from './text.js'
import { themeOf, type Theme } from './theme.js'
import type { View } from './view.js'

/** The release that a diagnosis is about, where the caller knows it. */
export interface DiagnosedRelease {
  release?: { name: string; namespace: string; releaseRevision: number; releaseStatus: string }
}

/** What keeps a rollout from finishing: the verdict, the causes, then every workload and stalled pod. */
export function formatDiagnosis(diagnosis: Diagnosis & DiagnosedRelease, view: View): string {
  const { release, findings } = diagnosis
  const theme = themeOf(view)
  const head = release
    ? [
        `${theme.heading('Release')}  ${release.name} in ${release.namespace} · revision ${release.releaseRevision} · ${release.releaseStatus}`,
      ]
    : []
  const parts = [
    [...head, `${theme.heading('Rollout')}  ${rolloutVerdict(diagnosis, theme)}`],
    findingLines(findings, view),
    workloadLines(diagnosis.workloads, view),
    podLines(diagnosis.stalledPods, view),
  ]
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

function rolloutVerdict({ workloads, stalledPods, findings }: Diagnosis, theme: Theme): string {
  const current = workloads.filter(({ rolloutStatus }) => rolloutStatus === 'Current').length
  const whole = `${current} of ${count(workloads.length, 'workload')} up to date and available`
  const unknown = findings.some(({ severity }) => severity === 'unknown')
  if (current === workloads.length && stalledPods.length === 0) {
    return unknown ? theme.warn(`? ${whole}; not everything could be read`) : theme.good(`✔ ${whole}`)
  }
  const stalled = stalledPods.length > 0 ? `; ${count(stalledPods.length, 'stalled pod')}` : ''
  const known = findings.some(({ severity }) => severity === 'error') ? '' : '; the cause is not known'
  return theme.bad(`✖ ${whole}${stalled}${known}`)
}

function workloadLines(workloads: readonly WorkloadStatus[], view: View): string[] {
  if (workloads.length === 0) return []
  const theme = themeOf(view)
  const rows = workloads.map((each) => [
    paint(each.rolloutStatus, theme),
    formatRef(each.workload),
    `${each.available}/${each.desired} available, ${each.updated} updated`,
    each.message,
  ])
  return [theme.heading('Workloads'), ...tableRows(rows, view.width, 2).flat()]
}

function paint(status: RolloutStatus, theme: Theme): string {
  if (status === 'Current') return theme.good(status)
  return status === 'Failed' || status === 'NotFound' ? theme.bad(status) : theme.warn(status)
}

function podLines(pods: readonly StalledPod[], view: View): string[] {
  if (pods.length === 0) return []
  const theme = themeOf(view)
  const lines = pods.flatMap(({ pod, owner, reason, message, lastEvent }) => [
    `  ${theme.bad('✖')} ${formatRef(pod)}${owner ? theme.quiet(` of ${formatRef(owner)}`) : ''}`,
    wrap(message === '' ? reason : `${reason}: ${message}`, view.width, { indent: 4, hang: 2 }),
    ...(lastEvent === undefined ? [] : [theme.quiet(wrap(lastEvent, view.width, { indent: 4, hang: 2 }))]),
  ])
  return [theme.heading('Stalled pods'), ...lines]
}
