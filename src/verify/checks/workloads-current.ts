import type { PostflightCheck } from '../check.js'
import { whyUnreadable } from '../observation.js'
import { countedResult, unknownResult } from '../results.js'

/** Every workload of the release is at its newest generation, all replicas updated and available. */
export const workloadsCurrent: PostflightCheck = (observation) => {
  const id = 'workloads-current'
  const { workloads, objects } = observation
  if (!objects) {
    const why = whyUnreadable(observation, 'release', 'discovery')
    return unknownResult(id, `the workloads of the release are not known${why === '' ? '' : `: ${why}`}`)
  }
  const states = workloads.map(({ workload, rolloutStatus, message }) => ({
    ...{ name: workload.name, object: workload, status: rolloutStatus, message },
  }))
  return countedResult(id, 'workloads rolled out and available', states)
}
