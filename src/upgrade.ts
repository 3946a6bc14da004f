/**
 * Start here. An upgrade is prepared (discover, plan), consented to, executed, verified, and diagnosed
 * where it fails. Planning alternates: what is read decides what is read next, the deciding is pure.
 */
import { readCluster } from './discover/read-cluster.js'
import { chooseTarget, loadNamedPath, type Target } from './discover/choose-target.js'
import { findRelease } from './discover/find-release.js'
import type { Interrupts } from './ports/interrupts.js'
import { profileForChart } from './meshes/registry.js'
import type { Consent } from './model/consent.js'
import type { UpgradeOutcome } from './model/outcome.js'
import type { PreparedUpgrade } from './model/prepared.js'
import type { UpgradeRequest } from './model/upgrade-request.js'
import type { Sensitive, Values } from './model/values.js'
import { assemblePlan } from './plan/assemble-plan.js'
import type { ReadPorts, WritePorts } from './ports/ports.js'
import { readRecord } from './execute/run-record.js'
import { askBeforeRun } from './workflows/hooks.js'
import { beginRun, endRun, openRun } from './workflows/live-run.js'
import { prepareHop, type PlannedHop } from './workflows/prepare-hop.js'
import { runHops } from './workflows/run-hops.js'

export { askConsent } from './consent/ask-consent.js'
export type { ToConsent } from './consent/ask-consent.js'

/** What a frozen plan brings, so that it need not be looked for. */
export interface FrozenInputs {
  overrides: Sensitive<Values>
  target: Target
}

/**
 * Everything before consent. Changes nothing: the only requests that are not GETs are dry-runs.
 * Throws `UpgradeError` where release, chart or cluster cannot be read; what is read and refused is a
 * finding in the plan.
 */
export async function prepareUpgrade(
  request: UpgradeRequest,
  ports: ReadPorts,
  frozen?: FrozenInputs,
): Promise<PreparedUpgrade> {
  const { helm, progress } = ports
  progress({ type: 'stage', title: 'reading the cluster and the release' })
  const reading = Promise.all([
    readCluster(ports),
    findRelease(request, ports),
    frozen?.overrides ?? helm.mergeValues(request.valueArguments),
  ])
  // A process of its own: what it says is waited for where helm is needed.
  helm.version().catch(() => undefined)
  const named = frozen ? undefined : loadNamedPath(request, ports)
  const [cluster, release, overrides] = await reading
  const profile = profileForChart(release.chartName)
  // Who may not read the record may plan all the same.
  const recorded = readRecord(release, ports).catch(() => undefined)

  progress({ type: 'stage', title: `choosing the target for ${release.name}` })
  const { chart, via, reason, available } =
    frozen?.target ?? (await chooseTarget({ ...request, named }, release, profile, ports))

  progress({ type: 'stage', title: 'comparing CRDs, release notes and objects' })
  const wish = { request, profile, cluster, overrides, available, reason }
  const [start, ...further] = [...via, chart]
  const lastRun = await recorded
  const now = { release, foreseenCrds: [], ...(lastRun ? { lastRun } : {}) }
  const first = await prepareHop({ ...wish, ...now, chart: start ?? chart }, ports)
  const hops: [PlannedHop, ...PlannedHop[]] = [first]
  for (const next of further) {
    const { after } = hops.at(-1) ?? first
    const from = { release: after.release, foreseenCrds: after.crds }
    hops.push(await prepareHop({ ...wish, ...from, chart: next }, ports))
  }
  const later = hops.slice(1).map(({ parts }) => parts)
  return {
    plan: assemblePlan([first.parts, ...later]),
    payloads: hops.map(({ payload }) => payload),
    request,
  }
}

/**
 * Does what was consented to: lock, compare with the plan, then hop by hop back up, update CRDs, helm
 * upgrade, wait, verify. Throws `LockHeld` and `PlanStale` before anything is changed; a failure after that
 * is an outcome.
 */
export async function performUpgrade(
  prepared: PreparedUpgrade,
  consent: Consent,
  ports: WritePorts,
  interrupts: Interrupts,
): Promise<UpgradeOutcome> {
  const run = await openRun(prepared, consent, { ports, interrupts })
  try {
    await askBeforeRun(run)
    return await runHops(await beginRun(run, consent))
  } finally {
    await endRun(run)
  }
}
