import type { Finding } from '../../model/finding.js'
import type { ValueEdit, ValuesMode } from '../../model/plan.js'
import { displayValue } from '../../model/redaction.js'
import type { Values } from '../../model/values.js'
import type { PlannedValues } from './carry-values.js'
import { joinPath, leaves, mergeValues, valueAt } from './value-paths.js'

export interface HelmModeInput {
  mode: Exclude<ValuesMode, 'carry'>
  userSupplied: Values
  oldDefaults: Values
  overrides: Values
}

/**
 * The user-supplied values that helm itself would store for a values mode.
 * Source: `Upgrade.reuseValues` (pkg/action/upgrade.go), the same in helm 3 and 4.
 */
export function helmValues(input: HelmModeInput): PlannedValues {
  const values = mergedByMode(input)
  const edits = leaves(input.userSupplied).map(({ path, value }): ValueEdit => {
    const dotted = joinPath(path)
    const from = displayValue(path, value)
    const now = valueAt(values, path)
    if (now === undefined) return { path: dotted, action: 'dropped', from, reason: droppedReason(input.mode) }
    const changed = valueAt(input.overrides, path) !== undefined
    return changed
      ? { path: dotted, action: 'overridden', from, to: displayValue(path, now), reason: 'set in this call' }
      : { path: dotted, action: 'carried', from, to: from, reason: `kept by ${flagOf(input.mode)}` }
  })
  return { values, edits: [...edits, ...addedValues(input)], findings: droppedFindings(input.mode, edits) }
}

function mergedByMode({ mode, userSupplied, oldDefaults, overrides }: HelmModeInput): Values {
  switch (mode) {
    case 'reset':
      return overrides
    case 'reuse':
      return mergeValues(overrides, mergeValues(userSupplied, oldDefaults))
    case 'reset-then-reuse':
      return mergeValues(overrides, userSupplied)
    case 'helm-default':
      return Object.keys(overrides).length === 0 ? userSupplied : overrides
  }
}

function addedValues(input: HelmModeInput): ValueEdit[] {
  return leaves(input.overrides)
    .filter(({ path }) => valueAt(input.userSupplied, path) === undefined)
    .map(({ path, value }) => ({
      path: joinPath(path),
      action: 'added',
      to: displayValue(path, value),
      reason: 'set in this call',
    }))
}

function flagOf(mode: HelmModeInput['mode']): string {
  return mode === 'helm-default' ? 'helm (no values given)' : `--${mode}-values`
}

function droppedReason(mode: HelmModeInput['mode']): string {
  return mode === 'reset'
    ? '--reset-values drops it'
    : 'helm drops every earlier value that is not repeated, because this call gives values'
}

function droppedFindings(mode: HelmModeInput['mode'], edits: readonly ValueEdit[]): Finding[] {
  const dropped = edits.filter(({ action }) => action === 'dropped')
  if (dropped.length === 0) return []
  return [
    {
      code: 'MU106',
      severity: 'warning',
      message: `${dropped.length} earlier value${dropped.length === 1 ? ' is' : 's are'} dropped: ${droppedReason(mode)}`,
      evidence: dropped.map(({ path, from }) => `${path} = ${from ?? ''}`),
      remedy: {
        text: 'keep them with --reset-then-reuse-values, or leave the values mode to mesh-upgrade',
        commands: [],
      },
    },
  ]
}
