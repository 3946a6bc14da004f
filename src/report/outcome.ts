import type { UpgradeOutcome } from '../model/outcome.js'
import { afterwardsLines } from './afterwards.js'
import { formatDiagnosis } from './diagnosis.js'
import { nameProgram } from './errors.js'
import { findingLines } from './findings.js'
import { elapsed } from './progress.js'
import { commandLines, wrap } from './text.js'
import { themeOf } from './theme.js'
import { checkLines } from './verdict.js'
import type { View } from './view.js'

/** How a run ended: what was done and what was not, where the data is, and the next command. */
export function formatOutcome(outcome: UpgradeOutcome, view: View): string {
  const parts = [
    [resultLine(outcome, view), ...reasons(outcome, view), ...awayLine(outcome, view)],
    outcome.verdict ? checkLines(outcome.verdict, view) : [],
    failed(outcome) ? workDone(outcome, view) : [],
    outcome.diagnosis && failed(outcome)
      ? formatDiagnosis(outcome.diagnosis, view).trimEnd().split('\n')
      : [],
    dataLines(outcome, view),
    afterwards(outcome, view),
    nextLines(outcome, view),
  ]
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

function afterwards({ result, plan }: UpgradeOutcome, view: View): string[] {
  if (result !== 'upgraded') return []
  const lines = afterwardsLines(plan.impact.afterwards, view)
  return lines.length > 0 ? [themeOf(view).heading('Still to do'), ...lines] : []
}

/** The blockers once more: the plan above may be long. */
function reasons({ result, plan }: UpgradeOutcome, view: View): string[] {
  const blockers = plan.findings.filter(({ severity }) => severity === 'error')
  return result === 'blocked' ? findingLines(blockers, view) : []
}

function awayLine({ resourcesAway: away }: UpgradeOutcome, view: View): string[] {
  if (!away) return []
  const text = `custom resources: ${away.objects} were away for ${elapsed(away.ms)}, until the last of them was back`
  return [wrap(text, view.width, { indent: 2 })]
}

function failed({ result }: UpgradeOutcome): boolean {
  return result === 'failed' || result === 'interrupted'
}

function resultLine(outcome: UpgradeOutcome, view: View): string {
  const { plan, failure, result } = outcome
  const theme = themeOf(view)
  const release = `${plan.release.name} in ${plan.release.namespace}`
  const path = plan.purpose
    ? `chart ${plan.from.chartVersion}`
    : `${plan.from.chartVersion} → ${plan.to.chartVersion}`
  const took = `(${elapsed(outcome.elapsedMs)})`
  const reason = failure ? `${failure.step}: ${failure.message}` : ''
  const texts: Record<UpgradeOutcome['result'], string> = {
    upgraded: theme.good(`✔ upgraded ${release}: ${path} ${took}`),
    repaired: theme.good(`✔ ${doneWord(outcome)}: ${release} ${took}`),
    'rolled-back': theme[failure ? 'warn' : 'good'](
      `${failure ? 'failed, and rolled back' : '✔ rolled back'}: ${release} is at ${plan.from.chartVersion} again ${took}`,
    ),
    'nothing-to-do': theme.good(`✔ nothing to do: ${release} is as wanted`),
    blocked: theme.bad(`✖ refused; nothing was changed`),
    declined: theme.warn('declined; nothing was changed'),
    failed: theme.bad(`✖ not ${doneWord(outcome)}: ${release}, ${path} ${took}`),
    interrupted: theme.warn(`interrupted: ${release}, ${path} ${took}`),
  }
  if (reason === '') return texts[result]
  const remedy = failure?.remedy === undefined ? '' : `\n${remedyLine(failure.remedy, view)}`
  return `${texts[result]}\n${wrap(reason, view.width, { indent: 2 })}${remedy}`
}

function doneWord({ rollback, plan }: UpgradeOutcome): string {
  if (rollback) return 'rolled back'
  return { fix: 'fixed', restart: 'restarted', upgrade: 'upgraded' }[plan.purpose ?? 'upgrade']
}

function remedyLine(remedy: string, view: View): string {
  return wrap(`→ ${nameProgram(remedy, view.program)}`, view.width, { indent: 2, hang: 2 })
}

function workDone({ plan, rollback, doneSteps, failure }: UpgradeOutcome, view: View): string[] {
  const theme = themeOf(view)
  const steps = rollback?.steps ?? plan.hops.flatMap((hop) => hop.steps)
  const lines = steps.map(({ id, title }) => {
    if (doneSteps.includes(id)) return `  ${theme.good('✔ done')}      ${title}`
    if (failure?.stepId === id) return `  ${theme.bad('✖ failed')}    ${title}`
    return `  ${theme.quiet('· not done')}  ${title}`
  })
  return [theme.heading('Steps'), ...lines]
}

function dataLines({ run, result, failure, plan }: UpgradeOutcome, view: View): string[] {
  const { heading } = themeOf(view)
  // A restart changes nothing that could be restored.
  if (plan.purpose === 'restart') return run ? [`${heading('Run')}     ${run.folder}`] : []
  const state = stateOf(result, failure?.changed === true)
  const lines = failure || result === 'interrupted' ? stateLines(state, view) : []
  // Before the first change there may be half a backup, which is none.
  if (run && failure?.changed !== false) lines.push(`${heading('Backup')}  ${run.backupFolder}`)
  if (run) lines.push(`${heading('Run')}     ${run.folder}`)
  return lines
}

function stateOf(result: UpgradeOutcome['result'], changed: boolean): string {
  if (result === 'rolled-back')
    return 'release, values, CRDs and custom resources are as they were before the run'
  return changed
    ? 'the cluster was changed; release, values, CRDs and custom resources are in the backup as they were before'
    : 'nothing in the cluster was changed'
}

function stateLines(state: string, view: View): string[] {
  const lead = `${themeOf(view).heading('Data')}    `
  const lines = wrap(state, view.width - 8).split('\n')
  return lines.map((line, index) => (index === 0 ? lead : ' '.repeat(8)) + line)
}

function nextLines({ failure }: UpgradeOutcome, view: View): string[] {
  if (!failure || failure.nextCommands.length === 0) return []
  const theme = themeOf(view)
  const commands = failure.nextCommands.flatMap((command) => {
    return commandLines(nameProgram(command, view.program), view.width, 2)
  })
  return [theme.heading('Next'), ...commands.map((line) => theme.command(line))]
}
