import { digestOfJson } from '../model/digest.js'
import type { PlanPayload } from '../model/prepared.js'
import type { ReleaseSnapshot } from '../model/release.js'

/** True for a revision that this hop made: nobody else deploys the target with just these values. */
export function isOwnRevision(
  newest: ReleaseSnapshot,
  { chart, values }: Pick<PlanPayload, 'chart' | 'values'>,
): boolean {
  return (
    newest.chartVersion === chart.version &&
    digestOfJson(newest.userSuppliedValues.reveal()) === digestOfJson(values.reveal())
  )
}
