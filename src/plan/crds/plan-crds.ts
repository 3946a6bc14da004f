import type { CrdOwnership } from '../../meshes/mesh.js'
import { compareCrds, type ComparedCrds, type CompareCrdsInput } from './compare-crds.js'
import { notesFindings } from './notes-findings.js'
import { ownerFindings } from './owner-findings.js'

export interface PlanCrdsInput extends Omit<CompareCrdsInput, 'owner'> {
  /** Where release notes are published for people. */
  page: string | undefined
  ownership: CrdOwnership
  from: string
  to: string
}

/** CRDs of release notes, target chart and live cluster compared, with what the notes and the owner call for. */
export function planCrds(input: PlanCrdsInput): ComparedCrds {
  const compared = compareCrds({ ...input, owner: input.ownership.owner })
  return {
    changes: compared.changes,
    findings: [
      ...compared.findings,
      ...ownerFindings(compared.changes, input),
      ...notesFindings(compared.changes, input.notes, input.page),
    ],
  }
}
