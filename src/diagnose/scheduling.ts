import { field, listField, textField } from '../model/kube-object.js'
import type { PodFacts } from './rollout-facts.js'

/**
 * Why the scheduler finds no node for a pod, in its own words: the condition, which is always the newest,
 * else the event. What it says of preemption is left out. Empty for a pod that has a node.
 */
export function schedulerWords({ object, events }: Pick<PodFacts, 'object' | 'events'>): string {
  if (textField(object, 'spec', 'nodeName') !== '') return ''
  const condition = listField(object, 'status', 'conditions').find(
    (each) => field(each, 'type') === 'PodScheduled' && field(each, 'status') === 'False',
  )
  const event = events.find((each) => field(each, 'reason') === 'FailedScheduling')
  const words = textField(condition, 'message') || textField(event, 'message')
  return (words.split(/\s*(?:no new claims to deallocate, )?preemption:/)[0] ?? '').trim()
}
