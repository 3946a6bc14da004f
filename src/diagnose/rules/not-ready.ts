import { textField } from '../../model/kube-object.js'
import type { Finding } from '../../model/finding.js'
import { causeOf, groupBy, some, subjectOf } from '../cause.js'
import { shortened } from '../log-lines.js'
import type { PodFacts, RolloutFacts } from '../rollout-facts.js'
import { schedulerWords } from '../scheduling.js'
import { waitsFor } from '../waits-for.js'

/** So long a pod may take to start before that is a finding. */
const graceMs = 30_000

interface Symptom {
  pod: PodFacts
  what: string
  evidence: string[]
  remedy: string
}

/** MU706: a pod is not ready, and no other rule knows why. */
export function notReady(facts: RolloutFacts): Finding[] {
  const unready = facts.workloads.filter(({ rolloutStatus }) => rolloutStatus !== 'Current')
  const symptoms = facts.stalled
    // Who waits for another workload of the release is not the cause.
    .filter((pod) => waitsFor(pod, unready).length === 0)
    .flatMap((pod) => symptomOf(pod, facts.now))
  const groups = groupBy(symptoms, ({ pod, what }) => `${what} ${pod.workload.name}`)
  return groups.map((group) => {
    const pods = group.map(({ pod }) => pod)
    const [first] = group
    return causeOf({
      code: 'MU706',
      pods,
      message: `${subjectOf(pods)} is not ready: ${first?.what ?? ''}`,
      evidence: some(
        group.flatMap(({ evidence }) => evidence),
        4,
      ),
      remedy: { text: first?.remedy ?? '', commands: commandsOf(pods) },
    })
  })
}

function symptomOf(pod: PodFacts, now: number): Symptom[] {
  const words = schedulerWords(pod)
  if (words !== '') {
    const remedy =
      'give it a node that fits: taints, node selector, affinity, volumes and ports are in its description'
    return [{ pod, what: 'the scheduler finds no node for it', evidence: [`scheduler: ${words}`], remedy }]
  }
  return blocked(pod) ?? lateStart(pod, now)
}

/** What the kubelet cannot do for a container, in its own words. */
function blocked(pod: PodFacts): Symptom[] | undefined {
  const waiting = pod.containers.find(({ waiting: each }) => /Error$/.test(each?.reason ?? ''))?.waiting
  const mount = pod.events.find((event) =>
    /^Failed(Mount|AttachVolume|CreatePodSandBox)$/.test(textField(event, 'reason')),
  )
  if (!waiting && !(mount && pod.containers.every(({ runningSince }) => runningSince === undefined)))
    return undefined
  const evidence = waiting
    ? [`${waiting.reason}: ${shortened(waiting.message)}`]
    : [`${textField(mount, 'reason')}: ${shortened(textField(mount, 'message'))}`]
  return [{ pod, what: 'the node cannot start it', evidence, remedy: 'mend what the node says' }]
}

function lateStart(pod: PodFacts, now: number): Symptom[] {
  const running = pod.containers.filter(({ isReady, runningSince }) => !isReady && runningSince !== undefined)
  const late = running.filter(({ runningSince }) => now - Date.parse(runningSince ?? '') > graceMs)
  if (late.length === 0) return []
  const probe = pod.events.find((event) => textField(event, 'reason') === 'Unhealthy')
  const message = shortened(textField(probe, 'message'))
  const init = late.find(({ isInit }) => isInit)
  if (init) {
    const what = `its init container ${init.name} does not come to an end`
    return [{ pod, what, evidence: [], remedy: 'see what it waits for' }]
  }
  return probe
    ? [{ pod, what: 'its probe fails', evidence: [message], remedy: 'its log tells why' }]
    : [{ pod, what: 'it runs and its probe has not succeeded', evidence: [], remedy: 'its log tells why' }]
}

function commandsOf([pod]: readonly PodFacts[]): string[] {
  if (!pod) return []
  const place = `${pod.ref.name} -n ${pod.ref.namespace ?? ''}`
  const running = pod.containers.find(({ isReady, runningSince }) => !isReady && runningSince !== undefined)
  const log = running ? [`kubectl logs ${place} -c ${running.name}`] : []
  return [`kubectl describe pod ${place}`, ...log]
}
