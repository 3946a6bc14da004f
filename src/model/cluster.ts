import type { ServedKind } from './kube-object.js'

/** Which cluster this is; `uid` is that of the namespace kube-system. */
export interface ClusterIdentity {
  kubeContext: string
  server: string
  uid: string
  /** `v1.37.1`. */
  kubeVersion: string
}

/** The cluster as planning sees it. */
export interface ClusterSnapshot extends ClusterIdentity {
  servedKinds: ServedKind[]
}
