import { admissionRemoved } from './admission-removed.js'
import type { Check } from './check.js'
import { releaseState } from './release-state.js'
import { sameChart } from './same-chart.js'
import { servedKinds } from './served-kinds.js'
import { unfinishedRun } from './unfinished-run.js'
import { versionHop } from './version-hop.js'

/** Every preflight check; adding one is a file and a line here. */
export const preflightChecks: readonly Check[] = [
  releaseState,
  unfinishedRun,
  sameChart,
  versionHop,
  servedKinds,
  admissionRemoved,
]
