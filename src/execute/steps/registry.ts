import type { StepRunners } from '../run-steps.js'
import { applyCrds } from './apply-crds.js'
import { backup } from './backup.js'
import { deleteCrds } from './delete-crds.js'
import { deleteObjects } from './delete-objects.js'
import { keepObjects, unkeepObjects } from './keep-objects.js'
import { restoreCrds } from './restore-crds.js'
import { restoreResources } from './restore-resources.js'
import { rollbackRelease } from './rollback-release.js'
import { upgradeRelease } from './upgrade-release.js'
import { waitCrds } from './wait-crds.js'
import { waitRollout } from './wait-rollout.js'

/** How each type of step is done; `verify` belongs to a stage of its own and is put in where stages meet. */
export const stepRunners: Omit<StepRunners, 'verify'> = {
  backup,
  'delete-crds': deleteCrds,
  'apply-crds': applyCrds,
  'keep-objects': keepObjects,
  'upgrade-release': upgradeRelease,
  'wait-rollout': waitRollout,
  'wait-crds': waitCrds,
  'restore-crds': restoreCrds,
  'restore-resources': restoreResources,
  'rollback-release': rollbackRelease,
  'delete-objects': deleteObjects,
  'unkeep-objects': unkeepObjects,
}
