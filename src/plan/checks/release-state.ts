import { isPending } from '../../model/release.js'
import type { Check } from './check.js'

/** helm refuses a pending release; a failed one can be upgraded, but the person should know. */
export const releaseState: Check = ({ release }) => {
  const { name, namespace, releaseStatus, releaseRevision } = release
  if (isPending(releaseStatus)) {
    const good = release.history
      .filter((revision) => revision.releaseStatus === 'deployed' || revision.releaseStatus === 'superseded')
      .reduce<number | undefined>(
        (newest, revision) => Math.max(newest ?? 0, revision.releaseRevision),
        undefined,
      )
    return [
      {
        code: 'MU601',
        severity: 'error',
        message: `release ${name} is ${releaseStatus} (revision ${releaseRevision}): another helm is at work, or was killed`,
        evidence: [`since ${release.lastDeployed || 'an unknown time'}`],
        remedy: {
          text: 'make sure that no helm is running on it, then bring it back to the last good revision',
          commands: [
            `helm history ${name} -n ${namespace}`,
            `helm rollback ${name} ${good ?? ''} -n ${namespace}`.trim(),
          ],
        },
      },
    ]
  }
  if (releaseStatus === 'failed') {
    return [
      {
        code: 'MU602',
        severity: 'warning',
        message: `revision ${releaseRevision} of ${name} failed; this upgrade starts from it`,
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
