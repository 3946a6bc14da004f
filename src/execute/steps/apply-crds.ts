import { UpgradeError } from '../../errors.js'
import { field, type KubeObject } from '../../model/kube-object.js'
import { servedKindKeys } from '../../model/crd.js'
import type { WritePorts } from '../../ports/ports.js'
import { journalEntry, type RunContext } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'

const establishedWithinMs = 60_000
const pollEveryMs = 200

/** Applies each CRD in place and waits until the API server serves it. */
export const applyCrds: StepRunner = async (step, context) => {
  if (step.type !== 'apply-crds') return
  const { payload, ports, store } = context
  const wanted = payload.crds.filter(({ name }) => step.crds.includes(name))
  for (const [index, { name, object }] of wanted.entries()) {
    await store.appendJournal(
      journalEntry(context, { stepId: step.id, phase: 'progress', message: `apply CRD ${name}` }),
    )
    ports.progress({ type: 'step-progress', message: `CRD ${name}`, done: index, total: wanted.length })
    const applied = await ports.clusterWriter.apply(object)
    if (!applied.ok) throw crdRefused(name, applied.refusal.message)
  }
  await awaitServed(
    wanted.map(({ object }) => object),
    context,
  )
}

/** A changed CRD stays Established, so that the served versions are asked for as well. */
async function awaitServed(crds: readonly KubeObject[], { ports, signal }: RunContext): Promise<void> {
  const deadline = ports.clock.now() + establishedWithinMs
  for (;;) {
    const waiting = await notServed(crds, ports)
    if (waiting.length === 0) return
    if (ports.clock.now() > deadline || signal.aborted)
      throw crdRefused(waiting.join(', '), 'not established in time')
    ports.progress({
      type: 'step-progress',
      message: `waiting for ${waiting.join(', ')}`,
      done: crds.length - waiting.length,
      total: crds.length,
    })
    await ports.clock.sleep(pollEveryMs, signal)
  }
}

async function notServed(crds: readonly KubeObject[], ports: WritePorts): Promise<string[]> {
  const [live, kinds] = await Promise.all([
    ports.cluster.readCrds(crds.map(({ metadata }) => metadata.name)),
    ports.cluster.servedKinds(),
  ])
  const served = new Set(kinds.map(({ group, version, kind }) => `${group}/${version}/${kind}`))
  return crds.flatMap((crd) => {
    const now = live.find(({ name }) => name === crd.metadata.name)?.object
    const names = servedKindKeys(crd)
    const ready =
      now !== undefined &&
      isTrue(now, 'Established') &&
      isTrue(now, 'NamesAccepted') &&
      names.every((name) => served.has(name))
    return ready ? [] : [crd.metadata.name]
  })
}

function isTrue(crd: KubeObject, type: string): boolean {
  const conditions = field(crd, 'status', 'conditions')
  return (
    Array.isArray(conditions) &&
    conditions.some((condition) => field(condition, 'type') === type && field(condition, 'status') === 'True')
  )
}

function crdRefused(name: string, message: string): UpgradeError {
  return new UpgradeError('StepFailed', `update CRD ${name}: ${message}`, {
    remedy: 'the release was not touched; run the command again when the cause is mended',
  })
}
