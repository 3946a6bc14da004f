import { formatRef, refKey } from '../../model/object-ref.js'
import type { CheckResult } from '../../model/verdict.js'
import type { PostflightCheck } from '../check.js'
import { whyUnreadable } from '../observation.js'
import { countedResult, unknownResult } from '../results.js'

/** Every object of the release's manifest exists and is current by the rules of its kind. */
export const objectsCurrent: PostflightCheck = (observation) => {
  const id = 'objects-current'
  const { objects, manifestProblems, workloads } = observation
  if (!objects) {
    const why = whyUnreadable(observation, 'release', 'discovery')
    return unknownResult(id, `the objects of the release are not known${why === '' ? '' : `: ${why}`}`)
  }
  const told = new Set(workloads.map(({ workload }) => refKey(workload)))
  const result = countedResult(
    id,
    'objects current',
    objects.map((state) => ({
      ...state,
      name: formatRef(state.object),
      // Its own check says how far a workload is.
      message: told.has(refKey(state.object)) ? 'not rolled out' : state.message,
    })),
  )
  return withProblems(result, manifestProblems)
}

function withProblems(result: CheckResult, problems: readonly string[]): CheckResult {
  if (problems.length === 0) return result
  const message = [result.message, ...problems].join('; ')
  return { ...result, message, status: result.status === 'fail' ? 'fail' : 'unknown' }
}
