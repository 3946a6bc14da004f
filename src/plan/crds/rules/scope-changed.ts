import { field } from '../../../model/kube-object.js'
import type { CrdRule } from '../crd-rule.js'

/** Scope and kind of an established CRD are immutable (apiextensions validation). */
export const scopeChanged: CrdRule = ({ name, live, target }) =>
  [['scope'], ['names', 'kind']].flatMap((path) => {
    const [before, after] = [field(live, 'spec', ...path), field(target, 'spec', ...path)]
    if (before === after) return []
    return [
      {
        code: 'MU205',
        severity: 'error' as const,
        object: { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name },
        field: `spec.${path.join('.')}`,
        message: `changes spec.${path.join('.')} from ${JSON.stringify(before)} to ${JSON.stringify(after)}: immutable, the API server refuses it`,
        evidence: [],
        remedy: {
          text: 'only deleting and recreating the CRD and its objects would do; this tool does not do it by itself',
          commands: [],
        },
      },
    ]
  })
