import type { ReleaseSnapshot } from '../../model/release.js'
import { plainVersion } from '../../model/version.js'
import type { PostflightCheck } from '../check.js'
import { whyUnreadable, type Observation } from '../observation.js'
import { unknownResult } from '../results.js'

/** helm records the release as deployed, at the revision and chart version that were planned. */
export const releaseDeployed: PostflightCheck = (observation) => {
  const id = 'release-deployed'
  const { release, expectedChartVersion, expectedRevision } = observation
  if (!release) {
    const why = whyUnreadable(observation, 'release')
    return unknownResult(id, why === '' ? 'helm has no release of this name' : `not readable: ${why}`)
  }
  const { name, releaseStatus, releaseRevision } = release
  const chartVersion = release.failedAt ?? release.chartVersion
  const where = `release ${name} is ${releaseStatus} at chart ${chartVersion}, revision ${releaseRevision}`
  if (isAsExpected(release, observation)) {
    if (releaseStatus === 'deployed') return { id, status: 'pass', message: where, objects: [] }
    if (releaseStatus === 'failed' && observation.mayHaveFailed === true) {
      const message = `${where}: helm keeps that record until the next upgrade`
      return { id, status: 'warn', message, objects: [] }
    }
  }
  const wanted = [
    'deployed',
    ...(expectedChartVersion === undefined ? [] : [`at chart ${expectedChartVersion}`]),
    ...(expectedRevision === undefined ? [] : [`as revision ${expectedRevision}`]),
  ]
  return { id, status: 'fail', message: `${where}; it should be ${wanted.join(' ')}`, objects: [] }
}

/** At the version and revision that were planned, where any were. */
function isAsExpected(
  { chartVersion, failedAt, releaseRevision }: ReleaseSnapshot,
  { expectedChartVersion, expectedRevision }: Observation,
): boolean {
  const isVersion =
    expectedChartVersion === undefined ||
    plainVersion(expectedChartVersion) === plainVersion(failedAt ?? chartVersion)
  return isVersion && (expectedRevision === undefined || expectedRevision === releaseRevision)
}
