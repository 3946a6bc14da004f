import { releaseCommand } from '../../model/release.js'
import type { Check } from './check.js'

/** What a run before this one left half done is where this one starts from, and all that its rollback goes back to. */
export const unfinishedRun: Check = ({ release, lastRun }) => {
  if (!lastRun || lastRun.phase === 'Succeeded' || lastRun.phase === 'RolledBack') return []
  const { run, phase, from = '', to = '', step } = lastRun
  const message = `run ${run} of ${release.name} (${from} → ${to}) has not ended well: what it changed is still there, and a rollback of this upgrade will not undo it`
  return [
    {
      code: 'MU610',
      severity: 'warning',
      message,
      evidence: [`phase ${phase}${step === undefined ? '' : `, step ${step}`}`],
      remedy: {
        text: 'go on with it, or take it back, before you upgrade anew',
        commands: [releaseCommand('resume', release), `${releaseCommand('rollback', release)} --run ${run}`],
      },
    },
  ]
}
