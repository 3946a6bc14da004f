import type { Finding } from '../model/finding.js'
import type { ReleaseSnapshot } from '../model/release.js'
import { isWhole, type Diagnosis } from '../model/rollout.js'

/**
 * What there is to say where helm recorded a revision as failed and nothing keeps its workloads from being ready:
 * helm's own wait or hook ended first, and helm does not look again.
 */
export function failedRecord(
  {
    name,
    namespace,
    releaseRevision,
    releaseStatus,
    description,
  }: Pick<ReleaseSnapshot, 'name' | 'namespace' | 'releaseRevision' | 'releaseStatus' | 'description'>,
  rollout: Pick<Diagnosis, 'workloads' | 'stalledPods'>,
): Finding | undefined {
  if (releaseStatus !== 'failed' || !isWhole(rollout)) return undefined
  const place = `${name} -n ${namespace}`
  return {
    code: 'MU707',
    severity: 'warning',
    message: `helm recorded revision ${releaseRevision} as failed, but nothing keeps its workloads from being ready: what helm waited for came later, or one of its hooks failed`,
    evidence: [description],
    remedy: {
      text: 'look whether the mesh is whole; upgrade again, which makes a deployed revision, or go back',
      commands: [`{program} verify ${place}`, `{program} upgrade ${place}`, `helm history ${place}`],
    },
  }
}
