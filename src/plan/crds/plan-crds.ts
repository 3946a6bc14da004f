import { crdOwnershipAt } from '../../meshes/crd-ownership.js'
import type { MeshProfile } from '../../meshes/mesh.js'
import { compareCrds, type ComparedCrds, type CompareCrdsInput } from './compare-crds.js'
import { leftAloneFindings } from './left-alone-findings.js'
import { notesFindings } from './notes-findings.js'
import { ownerFindings } from './owner-findings.js'

export interface PlanCrdsInput extends Omit<CompareCrdsInput, 'owner'> {
  profile: MeshProfile
  executor: 'mesh-upgrade' | 'helm'
  release: { chartVersion: string }
  chart: { version: string }
}

/** CRDs of release notes, target chart and live cluster compared, with what the notes and the owner call for. */
export function planCrds(input: PlanCrdsInput): ComparedCrds {
  const { profile, target, notes } = input
  const [from, to] = [input.release.chartVersion, input.chart.version]
  const ownership = crdOwnershipAt(profile, to)
  const { changes, findings } = compareCrds({ ...input, owner: ownership.owner })
  return {
    changes,
    findings: [
      ...findings,
      ...ownerFindings(changes, { ownership, target, from, to }),
      ...(input.skip ? leftAloneFindings(changes, input.executor) : []),
      ...notesFindings(changes, notes, profile.releaseNotes?.page),
    ],
  }
}
