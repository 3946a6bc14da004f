import type { HelmOutcome, HelmWriter } from '../ports/helm.js'
import { redactFiles } from './file-tail.js'
import { endingGraceMs, logFiles, runChange, type ChangeRequest } from './helm-change.js'
import { findLingering, hasEnded } from './helm-child.js'
import { rollbackWords, upgradeWords } from './helm-command.js'
import type { HelmRunner } from './helm-run.js'
import { settleHelm } from './helm-settle.js'

/** helm, asked to change a release: what it says and what is kept of it is redacted. */
export function helmWriter(
  helm: HelmRunner,
  redact: (text: string) => string,
  graceMs = endingGraceMs,
): HelmWriter {
  const change = async (
    request: ChangeRequest,
    onLine: (line: string) => void,
    signal: AbortSignal,
  ): Promise<HelmOutcome> => {
    await helm.version()
    const outcome = await runChange(request, (line) => onLine(redact(line)), signal, {
      helm,
      redact,
      graceMs,
    })
    // A chart's notes may print a secret.
    if (outcome.ending !== 'running') redactFiles(logFiles(request.logFolder), redact)
    return { ...outcome, message: redact(outcome.message) }
  }
  return {
    upgrade: (request, onLine, signal) =>
      change({ ...request, kind: 'upgrade', words: upgradeWords(request) }, onLine, signal),
    rollback: (request, onLine, signal) =>
      change({ ...request, kind: 'rollback', words: rollbackWords(request) }, onLine, signal),
    lingering: async (logFolder) => findLingering(logFolder),
    hasEnded: async (logFolder) => hasEnded(logFolder),
    settle: async (lingering, { waitMs }, onLine, signal) => {
      const told = (line: string): void => onLine(redact(line))
      const settled = await settleHelm(lingering, { waitMs, graceMs }, told, signal)
      if (settled !== 'not-ended') redactFiles(logFiles(lingering.logFolder), redact)
      return settled
    },
  }
}
