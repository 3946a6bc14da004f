import { dump } from 'js-yaml'
import type { UpgradePlan } from '../model/plan.js'
import type { Values } from '../model/values.js'
import { editLines, editSummary } from './value-edits.js'
import { themeOf } from './theme.js'
import type { View } from './view.js'

/** Which values are carried, reset, renamed or dropped, and why. */
export function formatValues(plan: UpgradePlan, view: View): string {
  const theme = themeOf(view)
  const releases = plan.hops.flatMap((hop) => hop.releases)
  const parts = releases.map(({ name, namespace, values }) => {
    const head = `${theme.heading('Values')}   ${name} in ${namespace} · ${plan.from.chartVersion} → ${plan.to.chartVersion}`
    const lines = editLines(values.edits, view)
    return [head, `         ${editSummary(values.edits)}`, ...(lines.length > 0 ? ['', ...lines] : [])].join(
      '\n',
    )
  })
  return parts.length === 0 ? 'nothing to do: the values are as wanted\n' : `${parts.join('\n\n')}\n`
}

/** The values as the file that helm is given. */
export function valuesFile(values: Values): string {
  return dump(values, { lineWidth: -1, noRefs: true })
}
