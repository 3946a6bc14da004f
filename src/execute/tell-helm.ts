import { UpgradeError } from '../errors.js'
import type { ReleaseName } from '../model/release.js'
import type { WritePorts } from '../ports/ports.js'
import type { RunContext } from './run-context.js'

const lookEveryMs = 500
const longestStartMs = 30_000

/** Passes helm's output on, secrets hidden. */
export function tellHelm({
  progress,
  redact,
}: Pick<WritePorts, 'progress' | 'redact'>): (line: string) => void {
  return (line) => progress({ type: 'output', source: 'helm', line: redact(line) })
}

/**
 * Waits until a helm that an earlier process of this run started has made its revision, so that what is planned
 * knows of it; not for longer than a helm takes that gets anywhere.
 */
export async function awaitItsRevision(
  folder: string,
  { release, after }: { release: ReleaseName; after: number },
  { helmWriter, releases, clock }: Pick<WritePorts, 'helmWriter' | 'releases' | 'clock'>,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < longestStartMs; waitedMs += lookEveryMs) {
    if ((await helmWriter.lingering(folder))?.state !== 'alive') return
    const newest = await releases.readNewestRecord(release)
    if (newest && newest.releaseRevision > after) return
    await clock.sleep(lookEveryMs)
  }
}

/**
 * Waits at most `waitMs` for a helm that an earlier process of this run started with its files in `folder`,
 * then ends it. Throws `StepFailed` where it does not end.
 */
export async function settleHelm(
  folder: string,
  waitMs: number,
  { ports, interrupts }: Pick<RunContext, 'ports' | 'interrupts'>,
): Promise<void> {
  const helm = await ports.helmWriter.lingering(folder)
  if (!helm) return
  const pid = helm.pid ?? 'unknown'
  if (helm.state === 'alive')
    ports.progress({
      type: 'note',
      message: `helm of the interrupted run still works (pid ${pid}): waiting for it`,
    })
  const end = await ports.helmWriter.settle(helm, { waitMs }, tellHelm(ports), interrupts.stopNow)
  if (end !== 'not-ended') return
  const byHand = helm.pid === undefined ? '' : ` (kill -9 ${pid})`
  const state = helm.state === 'alive' ? 'has not ended' : 'may still be at work'
  const message = `helm (pid ${pid} on ${helm.host}) ${state}: see that it ends there${byHand}, then run the command again`
  throw new UpgradeError('StepFailed', message, { remedy: '' })
}
