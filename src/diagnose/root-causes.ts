import type { Finding } from '../model/finding.js'
import { refKey, type ObjectRef } from '../model/object-ref.js'
import { namesOf, workloadsOf } from './cause.js'
import type { PodFacts, RolloutFacts } from './rollout-facts.js'
import { rolloutRules } from './rules/registry.js'
import { waitsFor } from './waits-for.js'

interface Cause {
  finding: Finding
  /** The workloads that it keeps from being ready. */
  held: readonly ObjectRef[]
}

/**
 * The causes of a rollout that does not finish, the one that explains most first. A pod has one cause: rules
 * are asked in order, and what one explains (its pods, and those that wait for them) the next do not see.
 */
export function rootCauses(facts: RolloutFacts): Finding[] {
  const causes: Cause[] = []
  let stalled = facts.stalled
  for (const rule of rolloutRules) {
    const found = rule({ ...facts, stalled })
    const explained = new Set<string>()
    for (const finding of found) {
      const pods = podsOf(finding, stalled)
      const waiting = stalled.filter((pod) => !pods.includes(pod) && isWaitingFor(pod, pods, facts))
      causes.push(causeWith(finding, pods, waiting))
      for (const { ref } of [...pods, ...waiting]) explained.add(refKey(ref))
    }
    stalled = stalled.filter(({ ref }) => !explained.has(refKey(ref)))
  }
  const ranked = causes.map((cause) => ({ cause, reach: reachOf(cause, causes) }))
  return ranked.sort((left, right) => right.reach - left.reach).map(({ cause }) => cause.finding)
}

/** How many workloads one remedy would cure: causes that share it (an image tag, say) count together. */
function reachOf({ finding, held }: Cause, causes: readonly Cause[]): number {
  const [command] = finding.remedy?.commands ?? []
  const alike = causes.filter((each) => command !== undefined && each.finding.remedy?.commands[0] === command)
  return new Set([...held, ...alike.flatMap((each) => each.held)].map(refKey)).size
}

function podsOf({ objects = [] }: Finding, stalled: readonly PodFacts[]): PodFacts[] {
  const keys = new Set(objects.map(refKey))
  return stalled.filter(({ ref }) => keys.has(refKey(ref)))
}

function isWaitingFor(pod: PodFacts, pods: readonly PodFacts[], { workloads }: RolloutFacts): boolean {
  const failing = new Set(workloadsOf(pods).map(refKey))
  return waitsFor(pod, workloads).some((ref: ObjectRef) => failing.has(refKey(ref)))
}

function causeWith(finding: Finding, pods: readonly PodFacts[], waiting: readonly PodFacts[]): Cause {
  const behind = workloadsOf(waiting)
  const held = [...workloadsOf(pods), ...behind]
  if (behind.length === 0) return { finding, held }
  const line = `${namesOf(behind)} ${behind.length === 1 ? 'waits' : 'wait'} for ${namesOf(workloadsOf(pods))}`
  const objects = [...(finding.objects ?? []), ...waiting.map(({ ref }) => ref)]
  return { finding: { ...finding, evidence: [...finding.evidence, line], objects }, held }
}
