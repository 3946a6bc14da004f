import type { StepRunners } from '../run-steps.js'
import { applyCrds } from './apply-crds.js'
import { backup } from './backup.js'
import { upgradeRelease } from './upgrade-release.js'
import { waitRollout } from './wait-rollout.js'

/** How each type of step is done; `verify` belongs to a stage of its own and is put in by upgrade.ts. */
export const stepRunners: Omit<StepRunners, 'verify'> = {
  backup,
  'apply-crds': applyCrds,
  'upgrade-release': upgradeRelease,
  'wait-rollout': waitRollout,
}
