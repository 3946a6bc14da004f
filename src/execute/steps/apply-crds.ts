import { UpgradeError } from '../../errors.js'
import { canonicalJson } from '../../model/digest.js'
import { field } from '../../model/kube-object.js'
import type { Step } from '../../model/step.js'
import { awaitServed, type AwaitedCrd } from '../await-crds.js'
import { journalProgress, type RunContext } from '../run-context.js'
import type { StepRunner } from '../run-steps.js'

const establishedWithinMs = 60_000

/** Applies each CRD in place and waits until the API server serves it. */
export const applyCrds: StepRunner = {
  async run(step, context) {
    const { ports } = context
    const wanted = wantedCrds(step, context)
    for (const [index, { name, object }] of wanted.entries()) {
      await journalProgress(context, step, `apply CRD ${name}`)
      ports.progress({ type: 'step-progress', message: `CRD ${name}`, done: index, total: wanted.length })
      const applied = await ports.clusterWriter.apply(object)
      if (!applied.ok) {
        throw new UpgradeError('StepFailed', `update CRD ${name}: ${applied.refusal.message}`, {
          remedy: context.steps.some(({ type }) => type === 'delete-crds')
            ? 'custom resources are in the backup: mend the cause, then {program} resume; or go back: {program} rollback'
            : 'the release was not touched; run the command again when the cause is mended',
        })
      }
    }
    await awaitServed(async () => wanted, context, establishedWithinMs)
  },

  // What an apply would change tells whether there is anything left to do; being served is waited for anyway.
  async probe(step, context) {
    const wanted = wantedCrds(step, context)
    const { cluster } = context.ports
    const [live, proofs] = await Promise.all([
      cluster.readCrds(wanted.map(({ name }) => name)),
      Promise.all(wanted.map(({ object }) => cluster.dryRunApply(object))),
    ])
    const specOf = (object: unknown): string => canonicalJson(field(object, 'spec') ?? null)
    const behind = wanted.filter(({ name }, index) => {
      const [now, proof] = [live.find((crd) => crd.name === name), proofs[index]]
      return !now || !proof?.ok || specOf(now.object) !== specOf(proof.object)
    })
    if (behind.length > 0) {
      return { state: 'not-done', message: `${behind.map(({ name }) => name).join(', ')}: not as planned` }
    }
    await awaitServed(async () => wanted, context, establishedWithinMs)
    return { state: 'done', message: `${wanted.length} CRDs are as planned and served` }
  },
}

function wantedCrds(step: Step, { payload }: RunContext): Required<AwaitedCrd>[] {
  const names = step.type === 'apply-crds' ? step.crds : []
  return payload.crds.filter(({ name }) => names.includes(name))
}
