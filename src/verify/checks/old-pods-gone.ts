import { formatRef } from '../../model/object-ref.js'
import type { OldPod } from '../../model/rollout.js'
import type { PostflightCheck } from '../check.js'
import { whyUnreadable } from '../observation.js'
import { unknownResult } from '../results.js'

const shown = 5

/** No pod of an older version is left, not even one that is being deleted: it may still work with the old one. */
export const oldPodsGone: PostflightCheck = (observation) => {
  const id = 'old-pods-gone'
  const { oldPods, workloads } = observation
  if (!oldPods) {
    const why = whyUnreadable(observation, 'pods', 'release', 'discovery')
    return unknownResult(id, `whether old pods are gone is not known${why === '' ? '' : `: ${why}`}`)
  }
  if (workloads.length === 0) return undefined
  const left = oldPods.filter(({ mayStay }) => !mayStay)
  const kept = oldPods.filter(({ mayStay }) => mayStay)
  const objects = [...left, ...kept].map(({ pod }) => pod)
  const stays = `pods stay at the old version until somebody replaces them, as their workload says: ${names(kept)}`
  if (left.length > 0) {
    return {
      id,
      status: 'incomplete',
      message: `pods of older versions are still there: ${names(left)}`,
      objects,
    }
  }
  if (kept.length > 0) return { id, status: 'warn', message: stays, objects }
  return { id, status: 'pass', message: 'no pod of an older version is left', objects: [] }
}

function names(pods: readonly OldPod[]): string {
  const words = pods.map(({ pod, terminating }) => `${formatRef(pod)}${terminating ? ' (terminating)' : ''}`)
  return words.slice(0, shown).join(', ') + (words.length > shown ? ', …' : '')
}
