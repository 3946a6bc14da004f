import type { Check } from './check.js'

/** A chart of another name would replace the release by something else. */
export const sameChart: Check = ({ release, chart, profile }) =>
  chart.name === release.chartName
    ? []
    : [
        {
          code: 'MU304',
          severity: 'error',
          message: `release ${release.name} is of chart ${release.chartName}, but ${chart.reference} is chart ${chart.name}`,
          evidence: [],
          remedy: profile.repository
            ? {
                text: `name a chart ${release.chartName}, or none: ${profile.title} has its own`,
                commands: [`{program} ${release.name} -n ${release.namespace}`],
              }
            : { text: `name a chart ${release.chartName}`, commands: [] },
        },
      ]
