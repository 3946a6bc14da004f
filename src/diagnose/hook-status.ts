import type { KubeObject } from '../model/kube-object.js'
import type { ReleaseHook } from '../model/release.js'
import type { ObjectStatus } from '../model/rollout.js'
import { conditionStatus } from './conditions.js'
import { failed, inProgress, current } from './kstatus/status.js'
import { objectStatus } from './kstatus/object-status.js'

/** True for hooks that belong to an install, upgrade or rollback; tests and deletions say nothing of those. */
export function isRolloutHook({ events }: ReleaseHook): boolean {
  return events.some((event) => /^(?:pre|post)-(?:install|upgrade|rollback)$/.test(event))
}

/** True for hooks whose object works and ends, so that it can be looked at. */
export function isJobOrPod({ object: { apiVersion, kind } }: ReleaseHook): boolean {
  return (apiVersion === 'batch/v1' && kind === 'Job') || (apiVersion === 'v1' && kind === 'Pod')
}

/**
 * How a hook ended: helm's own record first, then its Job or Pod where that is still there. One that is
 * gone was deleted by its policy or by somebody who saw it end; helm's record stands.
 */
export function hookStatus(hook: ReleaseHook, live: KubeObject | undefined): ObjectStatus {
  if (hook.lastPhase === undefined) return { status: 'NotFound', message: 'was not run' }
  if (hook.lastPhase === 'Failed') return failed('has failed')
  if (live === undefined || !isJobOrPod(hook)) return ofRecord(hook.lastPhase)
  const { status, message } = objectStatus(live)
  if (status === 'Terminating') return ofRecord(hook.lastPhase)
  if (status === 'Failed') return failed(message)
  return hasEnded(live) ? current('has succeeded') : inProgress(message)
}

function ofRecord(phase: NonNullable<ReleaseHook['lastPhase']>): ObjectStatus {
  if (phase === 'Succeeded') return current('has succeeded')
  if (phase === 'Running') return inProgress('helm has not seen it end')
  return { status: 'Unknown', message: 'helm did not record how it ended' }
}

function hasEnded(live: KubeObject): boolean {
  if (live.kind === 'Job') return conditionStatus(live, 'Complete') === 'True'
  return (live['status'] as { phase?: unknown } | undefined)?.phase === 'Succeeded'
}
