import type { MeshProfile } from '../../meshes/mesh.js'
import type { Chart } from '../../model/chart.js'
import type { ValueEdit } from '../../model/plan.js'
import type { ReleaseSnapshot } from '../../model/release.js'
import type { UpgradeRequest } from '../../model/upgrade-request.js'
import { sensitive, type Sensitive, type Values } from '../../model/values.js'
import { carryValues, type PlannedValues } from './carry-values.js'
import { helmValues } from './helm-modes.js'
import { checkIdentity } from './identity-check.js'
import { checkOldTag } from './old-tag-check.js'

export interface ValuesInput {
  request: Pick<UpgradeRequest, 'valuesMode' | 'images'>
  profile: MeshProfile
  release: ReleaseSnapshot
  chart: Chart
  overrides: Values
}

/**
 * The values that helm will be given, by the mode asked for, and whether they keep the mesh's identity; what is
 * shown of them passes `redact`, which knows secrets wherever they stand.
 */
export function planValues(
  input: ValuesInput,
  redact: (text: string) => string,
): PlannedValues & { sensitiveValues: Sensitive<Values> } {
  const { request, profile, release, chart, overrides } = input
  const userSupplied = release.userSuppliedValues.reveal()
  const planned =
    request.valuesMode === 'carry'
      ? carryValues({
          profile,
          from: release,
          to: { chartVersion: chart.version },
          userSupplied,
          oldDefaults: release.chartDefaults,
          newDefaults: chart.defaults,
          overrides,
          images: request.images,
        })
      : helmValues({ mode: request.valuesMode, userSupplied, oldDefaults: release.chartDefaults, overrides })
  const from = { chartVersion: release.chartVersion, values: userSupplied, defaults: release.chartDefaults }
  const to = { chartVersion: chart.version, values: planned.values, defaults: chart.defaults }
  // A chart of something else is refused as such; what it makes of the values says nothing.
  const identity = chart.name === release.chartName ? checkIdentity({ profile, from, to }) : []
  return {
    ...planned,
    edits: planned.edits.map((edit) => redactEdit(edit, redact)),
    findings: [...planned.findings, ...identity, ...checkOldTag(profile, chart.version, planned.values)].map(
      (finding) => ({ ...finding, evidence: finding.evidence.map(redact) }),
    ),
    sensitiveValues: sensitive(planned.values),
  }
}

function redactEdit({ from, to, ...edit }: ValueEdit, redact: (text: string) => string): ValueEdit {
  return {
    ...edit,
    ...(from === undefined ? {} : { from: redact(from) }),
    ...(to === undefined ? {} : { to: redact(to) }),
  }
}
