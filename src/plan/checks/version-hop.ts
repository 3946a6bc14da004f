import { compareVersions } from '../../meshes/version-order.js'
import { plainVersion } from '../../model/version.js'
import type { Check } from './check.js'

/** The mesh's version policy for this jump. */
export const versionHop: Check = ({ profile, release, chart, available }) => {
  const judgement = profile.judgeHop(release.chartVersion, chart.version, available)
  const jump = `${plainVersion(release.chartVersion)} → ${plainVersion(chart.version)}`
  if (judgement.type === 'downgrade') {
    return [
      {
        code: 'MU301',
        severity: 'error',
        message: `${jump} is a downgrade`,
        evidence: [],
        remedy: {
          text: 'to go back to an earlier revision use helm rollback; CRDs and custom resources stay as they are',
          commands: [`helm history ${release.name} -n ${release.namespace}`],
        },
      },
    ]
  }
  if (judgement.type === 'too-far') {
    return [
      {
        code: 'MU302',
        severity: 'error',
        message: `${jump} is too far: ${judgement.reason}`,
        evidence: [],
        remedy: {
          text: `go to ${judgement.nextTarget} first`,
          commands: [
            `{program} ${release.name} -n ${release.namespace} --to ${plainVersion(judgement.nextTarget)}`,
          ],
        },
      },
    ]
  }
  if (compareVersions(release.chartVersion, chart.version) === 0) return []
  const reason = profile.avoid[plainVersion(chart.version)]
  return reason
    ? [
        {
          code: 'MU303',
          severity: 'warning',
          message: `${plainVersion(chart.version)} is a version to avoid: ${reason}`,
          evidence: [],
        },
      ]
    : []
}
