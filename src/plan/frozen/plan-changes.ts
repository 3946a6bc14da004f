import { canonicalJson } from '../../model/digest.js'
import type { UpgradePlan } from '../../model/plan.js'
import { hopConsent } from '../assemble-plan.js'

/** In what of its digest a plan made again differs, where its inputs are the same; one line each. */
export function planChanges(planned: UpgradePlan, now: UpgradePlan): string[] {
  const versions = ({ from, to, hops }: UpgradePlan): string =>
    [from.chartVersion, ...hops.map((hop) => hop.to), to.chartVersion].join(' → ')
  if (versions(planned) !== versions(now)) return [`the path is ${versions(now)}, was ${versions(planned)}`]
  const hops = now.hops.flatMap((hop, index) => {
    const before = planned.hops[index]
    if (!before) return [`hop ${index + 1} is new`]
    const known = new Map(Object.entries(hopConsent(before)))
    const moved = Object.entries(hopConsent(hop)).filter(
      ([key, value]) => canonicalJson(value) !== canonicalJson(known.get(key) ?? null),
    )
    return moved.map(([key]) => `the ${key} of hop ${index + 1} are others`)
  })
  const asks = ({ consents }: UpgradePlan): string => canonicalJson(consents)
  return [...hops, ...(asks(planned) === asks(now) ? [] : ['it needs other consents'])]
}
