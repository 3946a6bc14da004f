import type { CrdRule } from '../crd-rule.js'
import { defaultAdded } from './default-added.js'
import { fieldRemoved } from './field-removed.js'
import { oneWay } from './one-way.js'
import { requiredAdded } from './required-added.js'
import { scopeChanged } from './scope-changed.js'
import { servedVersionRemoved } from './served-version-removed.js'
import { storedVersionRemoved } from './stored-version-removed.js'

/** Every CRD rule; adding one is a file and a line here. */
export const crdRules: readonly CrdRule[] = [
  storedVersionRemoved,
  scopeChanged,
  servedVersionRemoved,
  fieldRemoved,
  requiredAdded,
  defaultAdded,
  oneWay,
]
