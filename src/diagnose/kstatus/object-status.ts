import { field, textField } from '../../model/kube-object.js'
import { isMapping } from '../../model/values.js'
import type { ObjectStatus } from '../../model/rollout.js'
import { conditionStatus, conditionWords } from '../conditions.js'
import { kindRules } from './kind-rules.js'
import { current, failed, inProgress } from './status.js'

/**
 * How far an object is, by the rules of kstatus (sigs.k8s.io/cli-utils): deletion, observed generation,
 * `Reconciling` and `Stalled`, then the rule of its kind, then `Ready`; whatever says nothing of itself is
 * current because it exists. Total: undefined is not found, and what is no object is unknown.
 *
 * Stricter than kstatus where that calls something done that is not: a Pod that failed has failed.
 */
export function objectStatus(object: unknown): ObjectStatus {
  if (object === undefined) return { status: 'NotFound', message: 'not found' }
  if (typeof object !== 'object' || object === null || !isMapping(field(object, 'metadata')))
    return { status: 'Unknown', message: 'the server’s answer is no object' }
  if (textField(object, 'metadata', 'deletionTimestamp') !== '')
    return { status: 'Terminating', message: 'is being deleted' }
  return ofConditions(object) ?? kindRules[kindKey(object)]?.(object) ?? ofReady(object)
}

function ofConditions(object: object): ObjectStatus | undefined {
  const observed = field(object, 'status', 'observedGeneration')
  const generation = field(object, 'metadata', 'generation')
  if (typeof observed === 'number' && typeof generation === 'number' && observed !== generation)
    return inProgress('its controller has not seen the new version yet')
  if (conditionStatus(object, 'Reconciling') === 'True')
    return inProgress(conditionWords(object, 'Reconciling') || 'is being reconciled')
  if (conditionStatus(object, 'Stalled') === 'True')
    return failed(conditionWords(object, 'Stalled') || 'is stalled')
  return undefined
}

function ofReady(object: object): ObjectStatus {
  const ready = conditionStatus(object, 'Ready')
  if (ready === '') return current('exists')
  return ready === 'True' ? current('ready') : inProgress(conditionWords(object, 'Ready') || 'is not ready')
}

/** `apps/Deployment`, `Pod`. */
function kindKey(object: object): string {
  const [version, group] = textField(object, 'apiVersion').split('/').reverse()
  const kind = textField(object, 'kind')
  const key = version === undefined || group === undefined ? kind : `${group}/${kind}`
  return Object.hasOwn(kindRules, key) ? key : ''
}
