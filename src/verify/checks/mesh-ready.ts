import { formatRef } from '../../model/object-ref.js'
import type { PostflightCheck } from '../check.js'
import { countedResult } from '../results.js'

/** What the mesh's own workloads make is there, and its webhooks answer. */
export const meshReady: PostflightCheck = ({ mesh }) => {
  if (mesh.length === 0) return undefined
  const states = mesh.map(({ expectation: { object, by }, status, message }) => ({
    ...{ name: formatRef(object), object, status },
    message: status === 'Current' ? message : `${message} (it is the work of ${by})`,
  }))
  const names = states.map(({ name }) => name).join(', ')
  const result = countedResult('mesh-ready', 'parts of the mesh ready', states)
  return result.status === 'pass' ? { ...result, message: `${result.message}: ${names}` } : result
}
