import { versionsOf, type CustomResourceKind, type LiveCrd } from '../../model/crd.js'
import type { KubeObject } from '../../model/kube-object.js'

/**
 * Kinds to read custom resources by, so that they can be read before and after: in a version that both the live CRD
 * and the target serve, where there is one. Pure.
 */
export function bridgingKinds(
  kinds: readonly CustomResourceKind[],
  live: readonly LiveCrd[],
  target: readonly KubeObject[],
): CustomResourceKind[] {
  return kinds.map((kind) => {
    const wanted = servedBy(target.find(({ metadata }) => metadata.name === kind.crd))
    if (wanted.length === 0 || wanted.includes(kind.version)) return kind
    const now = servedBy(live.find(({ name }) => name === kind.crd)?.object)
    const version = wanted.find((each) => now.includes(each))
    return version === undefined ? kind : { ...kind, version }
  })
}

/** The same kinds in a version that the target serves, for reading when it is in place. Pure. */
export function kindsAfter(
  kinds: readonly CustomResourceKind[],
  target: readonly KubeObject[],
): CustomResourceKind[] {
  return kinds.map((kind) => {
    const wanted = servedBy(target.find(({ metadata }) => metadata.name === kind.crd))
    const [first] = wanted
    return first === undefined || wanted.includes(kind.version) ? kind : { ...kind, version: first }
  })
}

function servedBy(crd: KubeObject | undefined): string[] {
  return crd ? versionsOf(crd).servedVersions : []
}
