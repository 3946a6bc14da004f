import { UpgradeError } from '../errors.js'
import { movedInputs } from '../execute/guard-plan.js'
import type { Chart } from '../model/chart.js'
import type { FrozenChart, FrozenPlan } from '../model/frozen-plan.js'
import type { PreparedUpgrade } from '../model/prepared.js'
import type { UpgradeRequest } from '../model/upgrade-request.js'
import { sensitive } from '../model/values.js'
import { planChanges } from '../plan/frozen/plan-changes.js'
import { missingSecrets } from '../plan/frozen/secret-overrides.js'
import { mergeValues } from '../plan/values/value-paths.js'
import type { ReadPorts } from '../ports/ports.js'
import { prepareUpgrade } from '../upgrade.js'
import { replayTexts } from './recorded-texts.js'

/** What of a request belongs to the call that applies, not to the file. */
export interface ApplyWish extends Pick<UpgradeRequest, 'valueArguments' | 'permissions' | 'notify'> {
  /** What to type to do the same again, where a person typed this call. */
  again?: string
}

/**
 * Plans a frozen plan again, from what the file holds and what the cluster has now. Changes nothing. Throws
 * `OverridesMissing` for secrets that were not given again, and `PlanStale` where anything differs.
 */
export async function prepareFrozen(
  frozen: FrozenPlan,
  wish: ApplyWish,
  ports: ReadPorts,
): Promise<PreparedUpgrade> {
  const { plan } = frozen
  const [given, { uid }] = await Promise.all([
    ports.helm.mergeValues(wish.valueArguments),
    ports.cluster.identity(),
  ])
  refuseMissing(frozen, missingSecrets(frozen.asksAgain, given.reveal()))
  if (uid !== plan.inputs.clusterUid) throw stale(['this is another cluster'])
  const { valueArguments: _words, again, ...ofCall } = wish
  const [chart, via] = await chartsOf(frozen, ports)
  const now = await prepareUpgrade(
    { ...frozen.request, ...ofCall },
    { ...ports, texts: replayTexts(frozen.texts, ports.texts) },
    {
      overrides: sensitive(mergeValues(given.reveal(), frozen.overrides)),
      target: { chart, via, reason: plan.to.why, available: frozen.available },
    },
  )
  const moved = movedInputs(plan.inputs, now.plan.inputs)
  if (moved.length > 0) throw stale(moved)
  if (now.plan.digest !== plan.digest) throw stale(planChanges(plan, now.plan))
  if (again === undefined) return now
  return { ...now, payloads: now.payloads.map((payload) => ({ ...payload, again: ports.redact(again) })) }
}

function refuseMissing({ asksAgain }: FrozenPlan, missing: readonly string[]): void {
  if (missing.length === 0) return
  const message = `the plan holds no secrets: ${missing.length} of ${asksAgain.length} overrides are to be given again: ${missing.join(', ')}`
  const words = missing.map((path) => `--set ${path}=…`).join(' ')
  throw new UpgradeError('OverridesMissing', message, { words })
}

function stale(changes: readonly string[]): UpgradeError {
  const what = changes.length > 0 ? changes.join('; ') : 'what it comes to now is something else'
  return new UpgradeError('PlanStale', `the plan does not hold any more: ${what}`)
}

/** The target's chart, and those of the hops before it. */
async function chartsOf({ charts }: FrozenPlan, ports: ReadPorts): Promise<[Chart, Chart[]]> {
  const loaded = await Promise.all(charts.map((chart) => loadFrozen(chart, ports)))
  return [loaded.at(-1) as Chart, loaded.slice(0, -1)]
}

async function loadFrozen(frozen: FrozenChart, ports: ReadPorts): Promise<Chart> {
  const { files, source, reference, digest } = frozen
  const chart =
    files === undefined
      ? { ...(await ports.helm.loadChart(source)), reference }
      : await ports.charts.unpack({ ...frozen, files })
  if (chart.contentDigest !== digest) throw stale([`the chart ${reference} is another`])
  return chart
}
