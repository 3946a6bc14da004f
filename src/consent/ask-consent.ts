import type { Consent } from '../model/consent.js'
import type { UpgradePlan } from '../model/plan.js'
import type { WritePorts } from '../ports/ports.js'

export interface ConsentAnswers {
  yes: boolean
  /** Ids given with `--accept`. */
  accepted: string[]
}

/**
 * The user's answer to the plan that was shown, bound to its digest. Without a terminal and without
 * `--yes` nobody can answer; a dangerous step needs its own `--accept`, which `--yes` does not replace.
 */
export async function askConsent(
  plan: UpgradePlan,
  answers: ConsentAnswers,
  ports: Pick<WritePorts, 'prompter' | 'clock'>,
): Promise<Consent | 'declined' | 'no-terminal'> {
  const missing = plan.consents.filter(({ id }) => !answers.accepted.includes(id))
  if (!answers.yes && !ports.prompter.canAsk) return 'no-terminal'
  if (answers.yes && missing.length > 0) return ports.prompter.canAsk ? 'declined' : 'no-terminal'
  for (const { text } of missing) if (!(await ports.prompter.confirm(text))) return 'declined'
  if (!answers.yes && !(await ports.prompter.confirm(question(plan)))) return 'declined'
  return {
    planDigest: plan.digest,
    how: answers.yes ? 'flag' : 'prompt',
    accepted: plan.consents.map(({ id }) => id),
    at: new Date(ports.clock.now()).toISOString(),
  }
}

/** Says what is consented to: the plan itself may have scrolled away. */
function question({ release, from, to, cluster }: UpgradePlan): string {
  const what = `${release.name} in ${release.namespace} (context ${cluster.kubeContext}) ${from.chartVersion} → ${to.chartVersion}`
  return `Upgrade ${what}. Proceed?`
}
