import type { CheckResult } from '../model/verdict.js'
import type { Observation } from './observation.js'

/**
 * A pure judgement of what was read after the change; one file each, listed in the registry.
 * Undefined where there is nothing to judge, which is not a pass.
 */
export type PostflightCheck = (observation: Observation) => CheckResult | undefined
