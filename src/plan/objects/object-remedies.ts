import type { Finding } from '../../model/finding.js'
import type { ObjectRef } from '../../model/object-ref.js'
import type { ConsentRequirement } from '../../model/plan.js'
import type { ReleaseName } from '../../model/release.js'
import type { RecreatedObject } from '../../model/step.js'

/** What stands in helm's way among the objects, and what of it the plan removes because the user accepts it. */
export interface ObjectRemedies {
  findings: Finding[]
  consents: ConsentRequirement[]
  adopted: ObjectRef[]
  recreated: RecreatedObject[]
  /** Of those, controllers whose pods the new one does not take over. */
  orphaning: ObjectRef[]
}

export const noRemedies: ObjectRemedies = {
  ...{ findings: [], consents: [], adopted: [], recreated: [], orphaning: [] },
}

/** Who asks for what, as far as remedies depend on it. */
export interface RemedyWish {
  release: ReleaseName
  executor: 'mesh-upgrade' | 'helm'
  /** Ids of `--accept`. */
  accepted: readonly string[]
}

/** `adopt:ConfigMap/osm-system/settings`. */
export function remedyId(verb: 'adopt' | 'recreate', { kind, namespace, name }: ObjectRef): string {
  return `${verb}:${[kind, ...(namespace === undefined ? [] : [namespace]), name].join('/')}`
}

/** `configmap/settings -n osm-system`, as kubectl takes it. */
export function kubectlName({ kind, namespace, name }: ObjectRef): string {
  return `${kind.toLowerCase()}/${name}${namespace === undefined ? '' : ` -n ${namespace}`}`
}
