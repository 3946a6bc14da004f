import type { Consent } from '../model/consent.js'
import type { ConsentRequirement } from '../model/plan.js'
import type { WritePorts } from '../ports/ports.js'

export interface ConsentAnswers {
  yes: boolean
  /** Ids given with `--accept`. */
  accepted: string[]
}

/** What is to be consented to: a plan of any kind. */
export interface ToConsent {
  digest: string
  consents: readonly ConsentRequirement[]
  /** Says what it is once more: the plan itself may have scrolled away. */
  question: string
}

/**
 * The user's answer to the plan that was shown, bound to its digest. Without a terminal and without
 * `--yes` nobody can answer; a dangerous step needs its own `--accept`, which `--yes` does not replace.
 */
export async function askConsent(
  { digest, consents, question }: ToConsent,
  answers: ConsentAnswers,
  ports: Pick<WritePorts, 'prompter' | 'clock'>,
): Promise<Consent | 'declined' | 'no-terminal'> {
  const missing = consents.filter(({ id }) => !answers.accepted.includes(id))
  if (!answers.yes && !ports.prompter.canAsk) return 'no-terminal'
  if (answers.yes && missing.length > 0) return ports.prompter.canAsk ? 'declined' : 'no-terminal'
  for (const { text } of missing) if (!(await ports.prompter.confirm(text))) return 'declined'
  if (!answers.yes && !(await ports.prompter.confirm(question))) return 'declined'
  return {
    planDigest: digest,
    how: answers.yes ? 'flag' : 'prompt',
    accepted: consents.map(({ id }) => id),
    at: new Date(ports.clock.now()).toISOString(),
  }
}
