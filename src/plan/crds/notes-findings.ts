import type { CrdChange } from '../../model/crd.js'
import type { Finding } from '../../model/finding.js'
import type { ReleaseNotes } from '../../model/release-notes.js'

/** Where release notes and chart disagree, and where the notes could not be read. */
export function notesFindings(
  changes: readonly CrdChange[],
  notes: readonly ReleaseNotes[],
  page?: string,
): Finding[] {
  return [...unreadFindings(notes, page), ...disagreements(changes)]
}

function unreadFindings(notes: readonly ReleaseNotes[], page?: string): Finding[] {
  const unread = notes.filter(({ crdUpdates }) => crdUpdates === 'unknown')
  if (unread.length === 0) return []
  return [
    {
      code: 'MU221',
      severity: 'unknown',
      message: `release notes of ${unread.map(({ version }) => version).join(', ')} could not be read: what they say of CRDs is unknown`,
      evidence: unread.map(({ version, source }) => `${version}: ${source}`),
      remedy: {
        text: `give them with --release-notes FILE|URL${page ? `; they are published at ${page}` : ''}`,
        commands: [],
      },
    },
  ]
}

function disagreements(changes: readonly CrdChange[]): Finding[] {
  const silent = changes.filter(
    ({ releaseNotes, targetChart }) =>
      releaseNotes === 'unchanged' && (targetChart === 'changed' || targetChart === 'added'),
  )
  const alarming = changes.filter(
    ({ releaseNotes, targetChart }) => releaseNotes === 'changed' && targetChart === 'unchanged',
  )
  const findings: Finding[] = []
  if (silent.length > 0) {
    findings.push({
      code: 'MU222',
      severity: 'warning',
      message: `the release notes do not list ${silent.length} CRD${silent.length === 1 ? '' : 's'} that the chart changes: the chart is right`,
      evidence: silent.map(
        ({ name, targetChart }) => `${name}: ${targetChart} in the chart, not in the notes`,
      ),
    })
  }
  if (alarming.length > 0) {
    findings.push({
      code: 'MU223',
      severity: 'info',
      message: `the release notes list ${alarming.length} CRD${alarming.length === 1 ? '' : 's'} that the live cluster already has as wanted`,
      evidence: [],
    })
  }
  return findings
}
