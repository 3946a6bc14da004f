import type { ObjectRef } from './object-ref.js'

export type Severity = 'error' | 'warning' | 'info' | 'unknown'

/** What would cure a finding; `consent` is the id for `--accept` where the cure is to accept a loss. */
export interface Remedy {
  text: string
  commands: string[]
  consent?: string
}

/** One thing that was found, whichever stage found it. Codes are listed in `finding-codes.ts`. */
export interface Finding {
  code: string
  severity: Severity
  /** Which hop it is about, where that is not the first: `0.10.0 → 0.11.1`. */
  hop?: string
  object?: ObjectRef
  /** Everything that it is about, where that is more than `object`. */
  objects?: ObjectRef[]
  field?: string
  message: string
  evidence: string[]
  remedy?: Remedy
}

/** True where any finding stops the upgrade. */
export function hasError(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error')
}
