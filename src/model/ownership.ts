import { textField } from './kube-object.js'
import type { ReleaseName } from './release.js'

/** helm takes an object for a release's own by these (helm `action/validate.go`). */
export const ownerAnnotations = {
  name: 'meta.helm.sh/release-name',
  namespace: 'meta.helm.sh/release-namespace',
} as const
export const managedByLabel = 'app.kubernetes.io/managed-by'

/** The release that an object says it belongs to; undefined where it says nothing. */
export function ownerOf(object: unknown): ReleaseName | undefined {
  const at = (key: string): string => textField(object, 'metadata', 'annotations', key)
  const [name, namespace] = [at(ownerAnnotations.name), at(ownerAnnotations.namespace)]
  return name === '' && namespace === '' ? undefined : { name, namespace }
}

/** True where helm would take the object for one of this release. */
export function isOwnedBy(object: unknown, { name, namespace }: ReleaseName): boolean {
  const owner = ownerOf(object)
  const isHelms = textField(object, 'metadata', 'labels', managedByLabel) === 'Helm'
  return isHelms && owner?.name === name && owner.namespace === namespace
}
