import { podFacts } from '../diagnose/pod-facts.js'
import type { ReleaseFacts } from '../diagnose/rollout-facts.js'
import { rootCauses } from '../diagnose/root-causes.js'
import { stalledPods } from '../diagnose/stalled-pods.js'
import { missingWorkload, workloadStatus } from '../diagnose/workload-status.js'
import type { Finding } from '../model/finding.js'
import { refKey, type ObjectRef } from '../model/object-ref.js'
import { isWhole, type Diagnosis } from '../model/rollout.js'
import {
  cleanText,
  readDetails,
  readEvents,
  readHookJobs,
  readReplicaSets,
  readWorkloads,
  type FactPorts,
  type Unread,
} from './read-facts.js'

/** What is diagnosed. */
export interface DiagnosisSubject {
  release: ReleaseFacts
  workloads: readonly ObjectRef[]
  /** False where helm has finished well: what is left of hooks is then of the past. */
  withHooks: boolean
}

/**
 * What keeps the workloads of a release from being ready: statuses, pods that are not, and the causes, the
 * root cause first. Requests grow with kinds and failing workloads, not with objects.
 * Throws `ApiFailure` where workloads or pods cannot be read; what else cannot is a finding.
 */
export async function diagnoseRelease(subject: DiagnosisSubject, ports: FactPorts): Promise<Diagnosis> {
  const { release, workloads } = subject
  const unread: Unread = []
  const namespaces = [
    ...new Set([release.namespace, ...workloads.flatMap(({ namespace }) => namespace ?? [])]),
  ]
  const [objects, pods, events, replicaSets, hookJobs] = await Promise.all([
    readWorkloads(workloads, ports),
    Promise.all(namespaces.map((namespace) => ports.cluster.listObjects('v1', 'Pod', { namespace }))),
    readEvents(namespaces, ports, unread),
    readReplicaSets(namespaces, ports, unread),
    subject.withHooks ? readHookJobs(release.namespace, ports, unread) : [],
  ])
  const found = workloads.map((ref) => ({ ref, object: objects.get(refKey(ref)) }))
  const statuses = found.map(({ ref, object }) => (object ? workloadStatus(object) : missingWorkload(ref)))
  const unfinished = found.flatMap(({ object }, index) =>
    object && statuses[index]?.rolloutStatus !== 'Current' ? [object] : [],
  )
  const split = podFacts({ unfinished, hookJobs, pods: pods.flat(), replicaSets, events })
  const known = { release, now: ports.clock.now(), workloads: statuses, ...split }
  const causes = rootCauses(await readDetails(known, ports, unread)).map((cause) => clean(cause, ports))
  const stalled = stalledPods(
    split.stalled.map(({ object }) => object),
    events,
  )
  for (const pod of stalled) pod.message = cleanText(pod.message, ports)
  const rollout = { workloads: statuses, stalledPods: stalled }
  return { ...rollout, findings: isWhole(rollout) ? [] : [...causes, ...gaps(unread)] }
}

/** What programs and the kubelet say may hold secrets. */
function clean(finding: Finding, ports: FactPorts): Finding {
  const evidence = finding.evidence.map((text) => cleanText(text, ports))
  return { ...finding, message: cleanText(finding.message, ports), evidence }
}

/** Unknown is not success: what could not be read is said. */
function gaps(unread: Unread): Finding[] {
  if (unread.length === 0) return []
  const remedy = {
    text: 'ask for permission to get and list these, and pods/log; run {program} troubleshoot again',
    commands: [],
  }
  const message = 'not everything that may tell the cause could be read'
  return [
    { code: 'MU709', severity: 'unknown', message, evidence: [...new Set(unread)].slice(0, 10), remedy },
  ]
}
