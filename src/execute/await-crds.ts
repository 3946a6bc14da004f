import { UpgradeError } from '../errors.js'
import { field, type KubeObject } from '../model/kube-object.js'
import { servedKindKeys } from '../model/crd.js'
import type { ClusterReader } from '../ports/cluster.js'
import type { RunContext } from './run-context.js'

const pollEveryMs = 200

/** A CRD that is waited for: the kinds that it will serve, where that is known before it is there. */
export interface AwaitedCrd {
  name: string
  object?: KubeObject
}

/**
 * Waits until the API server serves the CRDs that `awaited` names at every look. A changed CRD stays
 * Established, so that the served versions are asked for as well. Throws with what is still missing.
 */
export async function awaitServed(
  awaited: () => Promise<AwaitedCrd[]>,
  context: Pick<RunContext, 'ports' | 'interrupts'>,
  withinMs: number,
): Promise<void> {
  const { ports, interrupts } = context
  const signal = interrupts.finishStep
  const deadline = ports.clock.now() + withinMs
  for (;;) {
    const crds = await awaited()
    const waiting = await notServed(crds, ports.cluster)
    if (waiting.length === 0) return
    if (ports.clock.now() > deadline || signal.aborted) {
      throw new UpgradeError('StepFailed', `CRD ${waiting.join(', ')}: not established in time`)
    }
    ports.progress({
      type: 'step-progress',
      message: `waiting for ${waiting.join(', ')}`,
      done: crds.length - waiting.length,
      total: crds.length,
    })
    await ports.clock.sleep(pollEveryMs, signal)
  }
}

async function notServed(crds: readonly AwaitedCrd[], cluster: ClusterReader): Promise<string[]> {
  const [live, kinds] = await Promise.all([
    cluster.readCrds(crds.map(({ name }) => name)),
    cluster.servedKinds(),
  ])
  const served = new Set(kinds.map(({ group, version, kind }) => `${group}/${version}/${kind}`))
  const isServed = ({ name, object }: AwaitedCrd): boolean => {
    const now = live.find((crd) => crd.name === name)?.object
    if (!now || !isTrue(now, 'Established') || !isTrue(now, 'NamesAccepted')) return false
    return servedKindKeys(object ?? now).every((key) => served.has(key))
  }
  return crds.filter((crd) => !isServed(crd)).map(({ name }) => name)
}

function isTrue(crd: KubeObject, type: string): boolean {
  const conditions = field(crd, 'status', 'conditions')
  return (
    Array.isArray(conditions) &&
    conditions.some((condition) => field(condition, 'type') === type && field(condition, 'status') === 'True')
  )
}
