import type { HelmChange } from '../model/lingering-helm.js'
import type { HelmOutcome } from '../ports/helm.js'
import { helmWords } from './helm-words.js'

/** How a helm child ended. */
export interface ChildEnd {
  isRunning: boolean
  code: number | null
  signal: NodeJS.Signals | null
  /** We sent SIGTERM. */
  wasAsked: boolean
  /** Because it had not ended by then. */
  lateAfterMs?: number
}

/** The outcome of a helm: its own words, and before them how it ended where that was not by itself. */
export function outcomeOf(
  end: ChildEnd,
  stderr: string,
  { kind, releaseName, pid }: { kind: HelmChange; releaseName: string; pid: number | undefined },
): HelmOutcome {
  const ending = endingOf(end)
  const succeeded = end.code === 0
  const pending = `release ${releaseName} may be left pending-${kind}`
  const lines: Record<HelmOutcome['ending'], string> = {
    exited: '',
    terminated: end.signal === null ? '' : `helm ended without a record (${end.signal}): ${pending}`,
    killed: `helm was killed (${String(end.signal)}) by somebody else or by the system, not by us: ${pending}`,
    running: `helm (pid ${String(pid)}) was asked to end (SIGTERM) and still runs, waiting for an answer: ${pending}; SIGKILL is yours to send: kill -9 ${String(pid)}`,
  }
  const words = helmWords(stderr)
  const late =
    end.lateAfterMs === undefined
      ? ''
      : `helm had not ended after ${Math.round(end.lateAfterMs / 1000)} s: it hangs and was asked to end (SIGTERM)`
  const said = [late, lines[ending], words].filter((line) => line !== '').join('\n')
  const silent = succeeded || said !== '' ? said : `helm ended with exit code ${String(end.code)} and no word`
  return { succeeded, exitCode: end.code, message: silent, ending }
}

function endingOf({ isRunning, signal, wasAsked }: ChildEnd): HelmOutcome['ending'] {
  if (isRunning) return 'running'
  if (wasAsked) return 'terminated'
  return signal === null ? 'exited' : 'killed'
}
