import { awaitServed } from '../await-crds.js'
import type { StepRunner } from '../run-steps.js'

/** Waits until every CRD of before, and every new one that the mesh's own workload made, is served. */
export const waitCrds: StepRunner = {
  async run(step, context) {
    if (step.type !== 'wait-crds') return
    const { ports, payload } = context
    const look = async (): Promise<{ name: string }[]> => {
      const now = step.groups.length > 0 ? await ports.cluster.listCrdNames(step.groups) : []
      return [...new Set([...step.crds, ...now])].map((name) => ({ name }))
    }
    await awaitServed(look, context, payload.timeoutMs)
  },
  probe: async () => ({ state: 'not-done', message: 'looks again' }),
}
