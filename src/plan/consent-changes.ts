import { canonicalJson } from '../model/digest.js'
import type { Finding } from '../model/finding.js'
import type { ConsentRequirement, Hop, UpgradePlan } from '../model/plan.js'
import { hopConsent } from './assemble-plan.js'

const grave = new Set(['error', 'unknown', 'warning'])

/**
 * What a later hop, planned again on live data, has that was not consented to: one line each; empty where
 * it is as foreseen. `live` is a plan of that hop alone.
 */
export function consentChanges(
  foreseen: { hop: Hop; findings: readonly Finding[]; consents?: readonly ConsentRequirement[] },
  live: Pick<UpgradePlan, 'hops' | 'findings' | 'consents'>,
): string[] {
  const [now] = live.hops
  if (!now) return ['there is nothing to do any more']
  const known = new Set(foreseen.findings.map(({ code, object }) => canonicalJson([code, object ?? null])))
  const found = live.findings.filter(
    ({ severity, code, object }) => grave.has(severity) && !known.has(canonicalJson([code, object ?? null])),
  )
  const before = Object.entries(hopConsent(foreseen.hop))
  const after = new Map(Object.entries(hopConsent(now)))
  const moved = before.filter(([key, value]) => canonicalJson(value) !== canonicalJson(after.get(key)))
  return [
    ...moved.map(([key]) => `its ${key} are others`),
    ...found.map(({ code, message }) => `${code} ${message}`),
    ...newConsents(foreseen.consents ?? [], live.consents),
  ]
}

function newConsents(given: readonly ConsentRequirement[], needed: readonly ConsentRequirement[]): string[] {
  const known = new Set(given.map(({ id }) => id))
  return needed.filter(({ id }) => !known.has(id)).map(({ text }) => text)
}
