import type { Check } from './check.js'

/** A chart of another name would replace the release by something else. */
export const sameChart: Check = ({ release, chart }) =>
  chart.name === release.chartName
    ? []
    : [
        {
          code: 'MU304',
          severity: 'error',
          message: `release ${release.name} is of chart ${release.chartName}, but ${chart.reference} is chart ${chart.name}`,
          evidence: [],
          remedy: { text: `name a chart ${release.chartName}`, commands: [] },
        },
      ]
