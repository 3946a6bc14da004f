import type { KubeObject } from './kube-object.js'

/** A refusal of the API server, as a value where it is an expected answer. */
export interface ApiRefusal {
  /** HTTP status. */
  status: number
  reason: string
  /** The server's own words. */
  message: string
}

export type ApplyResult = { ok: true; object: KubeObject } | { ok: false; refusal: ApiRefusal }
