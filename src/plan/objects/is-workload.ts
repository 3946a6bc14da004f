import type { KubeObject } from '../../model/kube-object.js'

/** True for what is rolled out: Deployments, StatefulSets and DaemonSets. */
export function isWorkload({ apiVersion, kind }: KubeObject): boolean {
  return apiVersion.startsWith('apps/') && ['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind)
}
