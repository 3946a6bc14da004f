import { plainVersion } from '../../model/version.js'
import type { PostflightCheck } from '../check.js'

/** helm records the release as deployed, at the chart version that was planned. */
export const releaseDeployed: PostflightCheck = ({ release, expectedChartVersion }) => {
  const id = 'release-deployed'
  if (!release) return { id, status: 'unknown', message: 'the release could not be read', objects: [] }
  const { name, releaseStatus, releaseRevision, chartVersion } = release
  const where = `release ${name} is ${releaseStatus} at chart ${chartVersion}, revision ${releaseRevision}`
  const rightVersion =
    expectedChartVersion === undefined || plainVersion(expectedChartVersion) === plainVersion(chartVersion)
  if (releaseStatus === 'deployed' && rightVersion) return { id, status: 'pass', message: where, objects: [] }
  const wanted = expectedChartVersion === undefined ? 'deployed' : `deployed at chart ${expectedChartVersion}`
  return { id, status: 'fail', message: `${where}; it should be ${wanted}`, objects: [] }
}
