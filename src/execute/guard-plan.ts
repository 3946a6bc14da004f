import { canonicalJson } from '../model/digest.js'
import type { PlanInputs } from '../model/plan.js'

/** What moved between the plan that was shown and now, one line each; empty where nothing did (design §1.2). */
export function movedInputs(planned: PlanInputs, now: PlanInputs): string[] {
  const lines: string[] = []
  if (planned.clusterUid !== now.clusterUid) lines.push('this is another cluster')
  if (planned.releaseRevision !== now.releaseRevision) {
    lines.push(`the release is at revision ${now.releaseRevision}, was at ${planned.releaseRevision}`)
  }
  if (planned.releaseValuesDigest !== now.releaseValuesDigest) lines.push("the release's values changed")
  if (planned.chartDigest !== now.chartDigest) lines.push('the chart changed')
  if (planned.valuesDigest !== now.valuesDigest) lines.push('the values of the upgrade changed')
  const before = new Map(planned.crds.map((crd) => [crd.name, crd]))
  for (const crd of now.crds) {
    const old = before.get(crd.name)
    if (!old) lines.push(`CRD ${crd.name} appeared`)
    else if (canonicalJson(old) !== canonicalJson(crd)) lines.push(`CRD ${crd.name} changed`)
  }
  const present = new Set(now.crds.map(({ name }) => name))
  for (const name of before.keys()) if (!present.has(name)) lines.push(`CRD ${name} is gone`)
  return [...lines, ...movedCounts(planned.customResources, now.customResources)]
}

function movedCounts(planned: Record<string, number>, now: Record<string, number>): string[] {
  const moved = Object.entries(planned).filter(([crd, count]) => now[crd] !== count)
  return moved.map(([crd, count]) => `${now[crd] ?? 0} custom resources of ${crd}, were ${count}`)
}
