import { UpgradeError } from '../../errors.js'
import { hideCredentials, isSecretKey } from '../../model/redaction.js'
import type { UpgradeRequest } from '../../model/upgrade-request.js'
import type { UpgradePlan } from '../../model/plan.js'

/**
 * The request as a file may hold it: release named, secrets hidden; whom to tell is for the call that applies
 * to say. Throws `Usage` where words for helm or a hook hold a secret: those cannot be asked for again.
 */
export function frozenRequest(
  request: UpgradeRequest,
  { release }: Pick<UpgradePlan, 'release'>,
  redact: (text: string) => string,
): UpgradeRequest {
  const { notify: _notify, ...rest } = request
  const hidden = (text: string): boolean => redact(hideCredentials(text)) !== text
  if (request.helmArguments.some((word) => hidden(word) || namesSecret(word)))
    throw new UpgradeError('Usage', 'a plan with a secret in the words for helm cannot be kept in a file')
  if ((request.hooks?.hooks ?? []).some(({ command }) => hidden(command)))
    throw new UpgradeError(
      'Usage',
      'a plan with a secret in a hook cannot be kept in a file: let the hook read it',
    )
  const texts = Object.entries(rest).map(([key, value]) => [
    key,
    typeof value === 'string' ? redact(value) : value,
  ])
  return {
    ...(Object.fromEntries(texts) as Omit<UpgradeRequest, 'notify'>),
    releaseName: release.name,
    namespace: release.namespace,
    valueArguments: request.valueArguments.map((word) => shownWord(word, redact)),
  }
}

/** `vault.token=abc` as `vault.token=(hidden)`, however short the secret. */
function shownWord(word: string, redact: (text: string) => string): string {
  const at = word.indexOf('=')
  return at >= 0 && namesSecret(word) ? `${word.slice(0, at)}=(hidden)` : redact(word)
}

function namesSecret(word: string): boolean {
  return word.split(/[^\w-]+/).some((part) => isSecretKey(part.replace(/^-+/, '')))
}
