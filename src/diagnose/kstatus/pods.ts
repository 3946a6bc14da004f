import { field, listField, textField } from '../../model/kube-object.js'
import { conditionStatus, conditionWords, countAt } from '../conditions.js'
import { current, failed, inProgress, type KindRule } from './status.js'

/** A Pod is done when it is ready or has succeeded. */
export const pod: KindRule = (object) => {
  const phase = textField(object, 'status', 'phase')
  if (phase === 'Succeeded') return current('has succeeded')
  if (phase === 'Failed')
    return failed(
      `has failed: ${textField(object, 'status', 'message') || textField(object, 'status', 'reason')}`,
    )
  if (phase === 'Running' && conditionStatus(object, 'Ready') === 'True') return current('ready')
  const crashing = crashLooping(object)
  if (crashing.length > 0) return failed(`crashes again and again: ${crashing.join(', ')}`)
  if (conditionStatus(object, 'PodScheduled') === 'False')
    return inProgress(`is not scheduled: ${conditionWords(object, 'PodScheduled')}`)
  return inProgress(phase === 'Running' ? 'is running and not ready' : `is ${phase.toLowerCase() || 'new'}`)
}

function crashLooping(object: unknown): string[] {
  return ['initContainerStatuses', 'containerStatuses']
    .flatMap((list) => listField(object, 'status', list))
    .filter((each) => field(each, 'state', 'waiting', 'reason') === 'CrashLoopBackOff')
    .map((each) => textField(each, 'name'))
}

/** A Job is done when it runs, as in kstatus; whether it must have ended is for who waits for it. */
export const job: KindRule = (object) => {
  if (conditionStatus(object, 'Complete') === 'True') return current('complete')
  if (conditionStatus(object, 'Failed') === 'True')
    return failed(`has failed: ${conditionWords(object, 'Failed')}`)
  if (conditionStatus(object, 'Suspended') === 'True' && field(object, 'spec', 'suspend') === true)
    return current('is suspended')
  if (textField(object, 'status', 'startTime') === '') return inProgress('has not started yet')
  return current(`runs: ${countAt(object, 'status', 'active')} active`)
}

/** A ReplicaSet is done when all of its pods are available. */
export const replicaSet: KindRule = (object) => {
  if (conditionStatus(object, 'ReplicaFailure') === 'True')
    return inProgress(`cannot make its pods: ${conditionWords(object, 'ReplicaFailure')}`)
  const wanted = field(object, 'spec', 'replicas')
  const desired = typeof wanted === 'number' ? wanted : 1
  for (const [word, count] of [
    ['fullyLabeledReplicas', 'made'],
    ['availableReplicas', 'available'],
    ['readyReplicas', 'ready'],
  ] as const) {
    const have = countAt(object, 'status', word)
    if (have < desired) return inProgress(`${have} of ${desired} ${count}`)
  }
  const surplus = countAt(object, 'status', 'replicas') - desired
  return surplus > 0 ? inProgress(`${surplus} too many`) : current(`${desired} of ${desired} available`)
}
