import type { PostflightCheck } from '../check.js'
import { crdsEstablished } from './crds-established.js'
import { customResourcesKept } from './custom-resources-kept.js'
import { objectsKept } from './objects-kept.js'
import { releaseDeployed } from './release-deployed.js'
import { workloadsCurrent } from './workloads-current.js'

/** Every postflight check; adding one is a file and a line here. */
export const postflightChecks: readonly PostflightCheck[] = [
  releaseDeployed,
  workloadsCurrent,
  crdsEstablished,
  customResourcesKept,
  objectsKept,
]
