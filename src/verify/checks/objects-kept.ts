import { formatRef } from '../../model/object-ref.js'
import type { PostflightCheck } from '../check.js'
import { whyUnreadable } from '../observation.js'

/** Objects that left the chart for the mesh's own workloads are still there. */
export const objectsKept: PostflightCheck = (observation) => {
  const { kept } = observation
  if (kept.objects.length === 0) return undefined
  const id = 'objects-kept'
  const why = whyUnreadable(observation, 'kept objects')
  if (why !== '') return { id, status: 'unknown', message: why, objects: kept.objects }
  const names = (kept.gone.length > 0 ? kept.gone : kept.objects).map(formatRef).join(', ')
  if (kept.gone.length > 0) {
    return {
      id,
      status: 'fail',
      message: `${names} is gone: nothing is injected or checked by it`,
      objects: kept.gone,
    }
  }
  return { id, status: 'pass', message: `left to the mesh: ${names}`, objects: kept.objects }
}
