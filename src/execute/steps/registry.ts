import type { StepRunners } from '../run-steps.js'
import { adoptObjects, unadoptObjects } from './adopt-objects.js'
import { applyCrds } from './apply-crds.js'
import { backup } from './backup.js'
import { deleteCrds } from './delete-crds.js'
import { deleteObjects } from './delete-objects.js'
import { keepObjects, unkeepObjects } from './keep-objects.js'
import { recreateObjects, removeOrphans } from './recreate-objects.js'
import { restartWorkloads } from './restart-workloads.js'
import { reclaimObjects } from './reclaim-objects.js'
import { removeLeftovers } from './remove-leftovers.js'
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
  'adopt-objects': adoptObjects,
  'recreate-objects': recreateObjects,
  'remove-orphans': removeOrphans,
  'upgrade-release': upgradeRelease,
  'wait-rollout': waitRollout,
  'wait-crds': waitCrds,
  'restore-crds': restoreCrds,
  'restore-resources': restoreResources,
  'rollback-release': rollbackRelease,
  'delete-objects': deleteObjects,
  'reclaim-objects': reclaimObjects,
  'remove-leftovers': removeLeftovers,
  'unkeep-objects': unkeepObjects,
  'unadopt-objects': unadoptObjects,
  'restart-workloads': restartWorkloads,
}
