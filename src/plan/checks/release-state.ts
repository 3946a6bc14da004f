import type { Remedy } from '../../model/finding.js'
import { isPending, lastGoodRevision, type ReleaseSnapshot } from '../../model/release.js'
import type { Check } from './check.js'

/** helm refuses a pending release; a failed one can be upgraded, but the person should know. */
export const releaseState: Check = ({ release }) => {
  const { name, releaseStatus, releaseRevision, chartVersion, failedAt } = release
  if (isPending(releaseStatus)) {
    return [
      {
        code: 'MU601',
        severity: 'error',
        message: `release ${name} is ${releaseStatus} (revision ${releaseRevision}): another helm is at work, or was killed`,
        evidence: [`since ${release.lastDeployed || 'an unknown time'}`],
        remedy: pendingRemedy(release, lastGoodRevision(release.history)),
      },
    ]
  }
  if (releaseStatus === 'failed') {
    return [
      {
        code: 'MU602',
        severity: 'warning',
        message: `revision ${releaseRevision} of ${name}${failedAt === undefined ? '' : ` (chart ${failedAt})`} failed; this upgrade starts from the last deployed one (chart ${chartVersion}), as helm does`,
        evidence: release.description ? [release.description] : [],
      },
    ]
  }
  if (releaseStatus === 'uninstalled' || releaseStatus === 'uninstalling') {
    return [
      {
        code: 'MU603',
        severity: 'error',
        message: `release ${name} is ${releaseStatus}: there is nothing to upgrade`,
        evidence: [],
      },
    ]
  }
  return []
}

function pendingRemedy(
  { name, namespace, releaseStatus }: ReleaseSnapshot,
  good: number | undefined,
): Remedy {
  const history = `helm history ${name} -n ${namespace}`
  const check = 'make sure that no helm is running on it'
  if (good !== undefined) {
    const text = `${check}, then bring it back to the last good revision`
    const status = `{program} status ${name} -n ${namespace}`
    return {
      text: `${text}; a run of this tool that was interrupted goes on with resume, which waits for its helm`,
      commands: [status, history, `helm rollback ${name} ${good} -n ${namespace}`],
    }
  }
  if (releaseStatus !== 'pending-install')
    return { text: `${check}; no revision is good`, commands: [history] }
  const text = `${check}; it was never deployed, so that it can only be uninstalled and installed again`
  return { text, commands: [history, `helm uninstall ${name} -n ${namespace}`] }
}
