import type { Finding } from '../../model/finding.js'
import type { KubeObject } from '../../model/kube-object.js'

/** What a rule may look at: one CRD as it is and as it would be. */
export interface CrdRuleInput {
  name: string
  live: KubeObject
  target: KubeObject
  customResources: number
}

/** A pure judgement of one CRD change; one file each, listed in `rules/registry.ts`. */
export type CrdRule = (input: CrdRuleInput) => Finding[]
