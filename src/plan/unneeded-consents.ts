import type { Finding } from '../model/finding.js'
import type { ConsentRequirement } from '../model/plan.js'

/** What was accepted with `--accept` and the plan does not do: a word that is mistyped, or no longer needed. */
export function unneededConsents(
  accepted: readonly string[],
  consents: readonly ConsentRequirement[],
): Finding[] {
  const needed = new Set(consents.map(({ id }) => id))
  return [...new Set(accepted)]
    .filter((id) => !needed.has(id))
    .map((id) => ({
      code: 'MU607',
      severity: 'info',
      message: `--accept ${id}: this plan has nothing that needs it`,
      evidence: [...needed].map((each) => `it needs --accept ${each}`),
    }))
}
