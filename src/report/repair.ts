import type { UpgradePlan } from '../model/plan.js'
import { crdLines } from './crds.js'
import { findingLines } from './findings.js'
import { stepLines } from './plan.js'
import { wrap } from './text.js'
import { themeOf } from './theme.js'
import type { View } from './view.js'

/** A fix or a restart as it is shown before consent. */
export function formatRepair(plan: UpgradePlan, view: View): string {
  const { heading } = themeOf(view)
  const { release, cluster, from, to, impact, consents, findings } = plan
  const what = plan.purpose === 'restart' ? 'the control plane' : 'CRDs to those of the release'
  const why = to.why === '' ? '' : `: ${to.why}`
  const [hop] = plan.hops
  const consentTexts = consents.map(({ id, text }) => `${text} · accept: --accept ${id}`)
  const parts: string[][] = [
    [
      `${heading('Release')}  ${release.name} in ${release.namespace} · revision ${release.releaseRevision} · chart ${from.chartVersion} · context ${cluster.kubeContext}`,
      labelled(plan.purpose === 'restart' ? 'Restart' : 'Fix', what + why, view),
    ],
    findingLines(findings, view),
    crdLines(
      (hop?.crds ?? []).filter(({ action }) => action !== 'none'),
      view,
    ),
    [
      ...impact.lines.map((line, index) => labelled(index === 0 ? 'Impact' : '', line, view)),
      ...consentTexts.map((text, index) => labelled(index === 0 ? 'Consent' : '', text, view)),
    ],
    [heading('Steps'), ...(hop?.steps ?? []).flatMap((step, index) => stepLines(step, index, view))],
  ]
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

/** Says what is consented to: the plan itself may have scrolled away. */
export function repairQuestion(plan: UpgradePlan): string {
  const { release, cluster, purpose } = plan
  const place = `${release.name} in ${release.namespace} (context ${cluster.kubeContext})`
  return purpose === 'restart'
    ? `Restart the control plane of ${place}. Proceed?`
    : `Bring the CRDs of ${place} to chart ${plan.from.chartVersion} and restart what needs them. Proceed?`
}

/** Why nothing is mended. */
export function formatNotFixable(reason: string, view: View): string {
  return `${themeOf(view).warn(wrap(`--fix does nothing: ${reason}`, view.width))}\n`
}

function labelled(label: string, text: string, view: View): string {
  const lines = wrap(text, view.width - 9).split('\n')
  return lines
    .map((line, index) => (index === 0 ? themeOf(view).heading(label.padEnd(9)) : ' '.repeat(9)) + line)
    .join('\n')
}
