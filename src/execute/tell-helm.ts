import { UpgradeError } from '../errors.js'
import type { WritePorts } from '../ports/ports.js'
import type { RunContext } from './run-context.js'

/** Passes helm's output on, secrets hidden. */
export function tellHelm({
  progress,
  redact,
}: Pick<WritePorts, 'progress' | 'redact'>): (line: string) => void {
  return (line) => progress({ type: 'output', source: 'helm', line: redact(line) })
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
  throw new UpgradeError('StepFailed', `helm (pid ${pid} on ${helm.host}) has not ended`, {
    remedy: `make sure that it has ended, then run the command again`,
  })
}
