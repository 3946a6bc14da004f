import { compareCrds, type ComparedCrds, type CompareCrdsInput } from './compare-crds.js'
import { notesFindings } from './notes-findings.js'

/** CRDs of release notes, target chart and live cluster compared, with what the notes themselves call for. */
export function planCrds(input: CompareCrdsInput & { page: string | undefined }): ComparedCrds {
  const compared = compareCrds(input)
  return {
    changes: compared.changes,
    findings: [...compared.findings, ...notesFindings(compared.changes, input.notes, input.page)],
  }
}
