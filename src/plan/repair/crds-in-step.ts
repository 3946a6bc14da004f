import type { CrdProof, CrdOwner, LiveCrd } from '../../model/crd.js'
import type { CrdManifest } from '../../model/chart.js'
import { compareCrds, type ComparedCrds } from '../crds/compare-crds.js'

export interface CrdsInStepInput {
  live: readonly LiveCrd[]
  target: readonly CrdManifest[]
  proofs: readonly CrdProof[]
  counts: ReadonlyMap<string, number>
  owner: CrdOwner
}

/** How each CRD is brought to its version: in place where the API server takes that, else deleted and made again. */
export function crdsInStep(input: CrdsInStepInput): ComparedCrds {
  const common = { ...input, notes: [], skip: false }
  const inPlace = compareCrds(common)
  const refused = new Set(
    inPlace.findings.flatMap(({ severity, object }) => (severity === 'error' && object ? [object.name] : [])),
  )
  const again = compareCrds({ ...common, recreate: true })
  const changes = inPlace.changes.map(
    (change) =>
      (refused.has(change.name) && again.changes.find(({ name }) => name === change.name)) || change,
  )
  const findings = [
    ...inPlace.findings.filter(({ object }) => !object || !refused.has(object.name)),
    ...again.findings.filter(({ object }) => object !== undefined && refused.has(object.name)),
  ]
  return { changes, findings }
}
