import type { StepRunners } from '../run-steps.js'
import { applyCrds } from './apply-crds.js'
import { backup } from './backup.js'
import { keepObjects } from './keep-objects.js'
import { upgradeRelease } from './upgrade-release.js'
import { waitCrds } from './wait-crds.js'
import { waitRollout } from './wait-rollout.js'

/** How each type of step is done; `verify` belongs to a stage of its own and is put in by upgrade.ts. */
export const stepRunners: Omit<StepRunners, 'verify'> = {
  backup,
  'apply-crds': applyCrds,
  'keep-objects': keepObjects,
  'upgrade-release': upgradeRelease,
  'wait-rollout': waitRollout,
  'wait-crds': waitCrds,
}
