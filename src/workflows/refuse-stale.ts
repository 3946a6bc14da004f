import { countObjects } from '../discover/read-crds.js'
import { UpgradeError } from '../errors.js'
import { movedInputs } from '../execute/guard-plan.js'
import type { PreparedUpgrade } from '../model/prepared.js'
import { planInputs } from '../plan/assemble-plan.js'
import type { ReadPorts } from '../ports/ports.js'

/** Reads the plan's inputs again, under the lock, and refuses where they moved (design §1.2). Throws `PlanStale`. */
export async function refuseStale(
  { plan, payloads }: Pick<PreparedUpgrade, 'plan' | 'payloads'>,
  ports: ReadPorts,
): Promise<void> {
  const [payload] = payloads
  if (!payload) return
  const { chart, values, crds, liveCrds, customResourceKinds } = payload
  const names = [...crds, ...liveCrds].map(({ name }) => name)
  const [{ uid }, release, live, counts] = await Promise.all([
    ports.cluster.identity(),
    ports.releases.readRelease(plan.release),
    ports.cluster.readCrds([...new Set(names)]),
    countObjects(customResourceKinds, ports),
  ])
  if (!release) throw new UpgradeError('PlanStale', `release ${plan.release.name} is gone`)
  const now = planInputs({ clusterUid: uid, release, chart, values: values.reveal(), crds: live, counts })
  const moved = movedInputs(plan.inputs, now)
  if (moved.length > 0) throw new UpgradeError('PlanStale', moved.join('; '))
}
