import type { PostflightCheck } from '../check.js'
import { crdsEstablished } from './crds-established.js'
import { customResourcesKept } from './custom-resources-kept.js'
import { hooksDone } from './hooks-done.js'
import { meshReady } from './mesh-ready.js'
import { objectsCurrent } from './objects-current.js'
import { objectsKept } from './objects-kept.js'
import { oldPodsGone } from './old-pods-gone.js'
import { releaseDeployed } from './release-deployed.js'
import { workloadsCurrent } from './workloads-current.js'

/** Every postflight check; adding one is a file and a line here. */
export const postflightChecks: readonly PostflightCheck[] = [
  releaseDeployed,
  objectsCurrent,
  workloadsCurrent,
  oldPodsGone,
  hooksDone,
  crdsEstablished,
  customResourcesKept,
  objectsKept,
  meshReady,
]
