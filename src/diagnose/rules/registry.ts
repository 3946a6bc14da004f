import type { RolloutRule } from '../rollout-facts.js'
import { crashLoop } from './crash-loop.js'
import { crdsOutOfStep } from './crds-out-of-step.js'
import { imagePull } from './image-pull.js'
import { insufficientResources } from './insufficient-resources.js'
import { notReady } from './not-ready.js'
import { refusedArguments } from './refused-arguments.js'

/** Every rollout rule; what an earlier one explains, a later one is not asked about. */
export const rolloutRules: readonly RolloutRule[] = [
  insufficientResources,
  imagePull,
  refusedArguments,
  crdsOutOfStep,
  crashLoop,
  notReady,
]
