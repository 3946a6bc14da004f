import { formatRef } from '../../model/object-ref.js'
import type { PostflightCheck } from '../check.js'
import { countedResult } from '../results.js'

/** The hooks that helm ran for the newest revision have ended well. */
export const hooksDone: PostflightCheck = ({ hooks }) => {
  const id = 'hooks-done'
  const run = hooks.filter(({ hook }) => hook.lastPhase !== undefined)
  if (hooks.length === 0) return undefined
  if (run.length === 0) {
    const message = `none of ${hooks.length} hooks was run (--no-hooks)`
    return { id, status: 'warn', message, objects: hooks.map(({ hook }) => hook.object) }
  }
  const states = run.map(({ hook, status, message }) => ({
    ...{ name: formatRef(hook.object), object: hook.object, status, message },
  }))
  return countedResult(id, 'hooks done', states)
}
