import type { CrdChange } from '../../model/crd.js'
import { groupOf } from '../../model/object-ref.js'
import type { Permission } from '../../model/permission.js'
import type { ReleaseSnapshot } from '../../model/release.js'
import type { Step } from '../../model/step.js'
import { neededPermissions } from '../permissions/needed-permissions.js'

/** What a repair has to be allowed to do: lock and record, CRDs, and what a restart writes. Pure. */
export function repairPermissions(
  steps: readonly Step[],
  {
    release,
    crds,
  }: { release: Pick<ReleaseSnapshot, 'name' | 'namespace' | 'storage'>; crds: readonly CrdChange[] },
): Permission[] {
  const common = { executor: 'mesh-upgrade', release, crds, objects: [], kept: [], servedKinds: [] } as const
  const storage = release.storage.kind === 'Secret' ? 'secrets' : 'configmaps'
  // Helm's storage is only read.
  const own = neededPermissions(common).filter(
    ({ resource, names }) => resource !== storage || names.includes(`mesh-upgrade.${release.name}`),
  )
  return [...own, ...steps.flatMap(restartPermissions)]
}

function restartPermissions(step: Step): Permission[] {
  if (step.type !== 'restart-workloads') return []
  return step.workloads.map(({ apiVersion, kind, namespace = '', name }): Permission =>
    step.way === 'rollout'
      ? {
          verb: 'patch',
          group: groupOf(apiVersion),
          resource: `${kind.toLowerCase()}s`,
          namespace,
          names: [name],
        }
      : { verb: 'create', group: '', resource: 'pods/eviction', namespace, names: [] },
  )
}
