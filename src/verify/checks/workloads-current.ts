import type { PostflightCheck } from '../check.js'

/** Every workload of the release is at its newest generation, all replicas updated and available. */
export const workloadsCurrent: PostflightCheck = ({ workloads, release }) => {
  const id = 'workloads-current'
  if (!release)
    return { id, status: 'unknown', message: 'the workloads of the release are not known', objects: [] }
  const waiting = workloads.filter(({ rolloutStatus }) => rolloutStatus !== 'Current')
  if (waiting.length === 0)
    return {
      id,
      status: 'pass',
      message: `${workloads.length} of ${workloads.length} workloads rolled out and available`,
      objects: [],
    }
  const message = waiting.map(({ workload, message: text }) => `${workload.name}: ${text}`).join('; ')
  return { id, status: 'fail', message, objects: waiting.map(({ workload }) => workload) }
}
