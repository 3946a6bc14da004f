import type { PlannedHook } from '../model/hooks.js'
import type { Hop, UpgradePlan } from '../model/plan.js'
import type { Step } from '../model/step.js'
import { afterwardsLines } from './afterwards.js'
import { crdLines, crdSummary } from './crds.js'
import { nameProgram } from './errors.js'
import { findingCounts, findingLines } from './findings.js'
import { objectLines, objectSummary } from './objects.js'
import { commandLines, pad, wrap } from './text.js'
import { themeOf } from './theme.js'
import { editLines, editSummary } from './value-edits.js'
import type { PlanView, View } from './view.js'

const labelWidth = 9

/** The plan for a person: the verdict first, then the reasons, the changes and the steps (design §3). */
export function formatPlan(plan: UpgradePlan, view: PlanView): string {
  return planText(plan, view, (hop) => details(hop, plan.hops.length > 1, view))
}

/** The same without values, CRDs and objects one by one: for a plan that was looked at before. */
export function formatPlanBriefly(plan: UpgradePlan, view: View): string {
  return planText(plan, view, () => [])
}

function planText(plan: UpgradePlan, view: View, detailsOf: (hop: Hop) => string[]): string {
  const findings = plan.findings.length > 0 ? [findingLines(plan.findings, view).join('\n')] : []
  const parts = [head(plan, view), ...findings]
  if (plan.verdict !== 'nothing-to-do') {
    parts.push(changes(plan, view), ...plan.hops.flatMap(detailsOf))
    const closing = [...impact(plan, view), ...consents(plan, view), ...onFailure(plan, view)]
    if (closing.length > 0) parts.push(closing.join('\n'))
    parts.push(steps(plan, view), section('Hooks', hookLines(plan.hooks ?? [], view), view))
    parts.push(...afterwards(plan, view))
  }
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

function head(plan: UpgradePlan, view: View): string {
  const { mesh, release, cluster, from, to, hops } = plan
  const where = `release ${release.name} in ${release.namespace} · revision ${release.releaseRevision}`
  const path = hops.length > 1 ? ` in ${hops.length} hops: ${hops.map((hop) => hop.to).join(', ')}` : ''
  const app = from.appVersion === to.appVersion ? '' : ` (app ${from.appVersion} → ${to.appVersion})`
  const why = to.why === '' ? '' : ` · ${to.why}`
  const upgrade = `${from.chartVersion} → ${to.chartVersion}${path}${app}${why}`
  return [
    labelled('Mesh', `${mesh.title} · ${where} · context ${cluster.kubeContext}`, view),
    labelled('Upgrade', upgrade, view),
    labelled('Verdict', verdict(plan, view), view),
  ].join('\n')
}

function verdict(plan: UpgradePlan, view: View): string {
  const theme = themeOf(view)
  const counts = findingCounts(plan.findings)
  const reasons = counts === '' ? '' : `: ${counts}`
  if (plan.verdict === 'blocked') return theme.bad(`✖ blocked${reasons}`)
  if (plan.verdict === 'nothing-to-do') return theme.good(`✔ nothing to do${reasons}`)
  const ready = plan.executor === 'helm' ? 'helm upgrade will do' : 'ready'
  return counts === '' ? theme.good(`✔ ${ready}`) : theme.warn(`⚠ ${ready}${reasons}`)
}

function changes(plan: UpgradePlan, view: View): string {
  const releases = plan.hops.flatMap((hop) => hop.releases)
  const lines: [string, string][] = [
    ['values', editSummary(releases.flatMap((release) => release.values.edits))],
    ['CRDs', crdSummary(plan.hops.flatMap((hop) => hop.crds))],
    ['objects', objectSummary(releases)],
  ]
  return lines
    .map(([name, text], index) => labelled(index === 0 ? 'Changes' : '', text, view, name))
    .join('\n')
}

function details(hop: Hop, several: boolean, view: PlanView): string[] {
  const edits = hop.releases.flatMap((release) => release.values.edits)
  const objects = hop.releases.flatMap((release) => release.objects)
  return [
    several ? themeOf(view).heading(`Hop ${hop.from} → ${hop.to}`) : '',
    section('Values', editLines(edits, view), view),
    section('CRDs', crdLines(hop.crds, view), view),
    section('Notes', noteLines(hop, view), view),
    section('Objects', objectLines(objects, view), view),
  ]
}

function noteLines(hop: Hop, view: View): string[] {
  return hop.releaseNotes.flatMap(({ version, notable }) =>
    notable.map((text) => wrap(`${version}: ${text}`, view.width, { indent: 2, hang: 2 })),
  )
}

function impact({ impact: { lines } }: UpgradePlan, view: View): string[] {
  return lines.map((line, index) => labelled(index === 0 ? 'Impact' : '', line, view))
}

function afterwards(plan: UpgradePlan, view: View): string[] {
  const lines = afterwardsLines(plan.impact.afterwards, view)
  return lines.length > 0 ? [section('Afterwards', lines, view)] : []
}

/** What a failure leads to, where it changes something by itself. */
function onFailure({ onFailure: policy, release, from }: UpgradePlan, view: View): string[] {
  if (policy !== 'rollback') return []
  const back = `${release.name} goes back to ${from.chartVersion}: CRDs and custom resources from the backup, then helm rollback`
  return [labelled('Failure', back, view)]
}

function consents(plan: UpgradePlan, view: View): string[] {
  return plan.consents.map(({ id, text }, index) =>
    labelled(index === 0 ? 'Consent' : '', `${text} · accept: --accept ${id}`, view),
  )
}

function steps(plan: UpgradePlan, view: View): string {
  const several = plan.hops.length > 1
  let number = 0
  const lines = plan.hops.flatMap((hop) => [
    ...(several ? [`  ${themeOf(view).heading(`${hop.from} → ${hop.to}`)}`] : []),
    ...hop.steps.flatMap((step) => stepLines(step, number++, view)),
  ])
  return section('Steps', lines, view)
}

/** Commands of the user, with their events. */
export function hookLines(hooks: readonly PlannedHook[], view: View): string[] {
  const width = Math.max(0, ...hooks.map(({ event }) => event.length)) + 2
  return hooks.map(({ event, command }) => {
    const [first = '', ...rest] = wrap(command, view.width - width - 2).split('\n')
    return [`  ${pad(event, width)}${first}`, ...rest.map((line) => ' '.repeat(width + 2) + line)].join('\n')
  })
}

/** One step with the commands that a person could run instead. */
export function stepLines(step: Step, index: number, view: View): string[] {
  const theme = themeOf(view)
  const number = pad(`${index + 1}`, 3)
  const quiet = step.mutates ? '' : theme.quiet(' (changes nothing)')
  const commands = step.commands.flatMap((command) =>
    commandLines(nameProgram(command, view.program), view.width, 5),
  )
  const [first = '', ...rest] = wrap(step.title + quiet, view.width - 5).split('\n')
  const title = [`  ${number}${first}`, ...rest.map((line) => `     ${line}`)]
  return [...title, ...commands.map((line) => theme.command(line))]
}

function section(title: string, lines: readonly string[], view: View): string {
  return lines.length === 0 ? '' : [themeOf(view).heading(title), ...lines].join('\n')
}

function labelled(label: string, text: string, view: View, name?: string): string {
  const second = name === undefined ? '' : pad(name, labelWidth)
  const indent = labelWidth + second.length
  const [first = '', ...rest] = wrap(text, view.width - indent).split('\n')
  const lead = themeOf(view).heading(pad(label, labelWidth)) + second
  return [lead + first, ...rest.map((line) => ' '.repeat(indent) + line)].join('\n').trimEnd()
}
