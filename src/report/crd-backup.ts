import type { CrdBackup, CrdRestoreOutcome, CrdRestorePlan } from '../model/crd-backup.js'
import type { UpgradePlan } from '../model/plan.js'
import { crdLines, crdSummary } from './crds.js'
import { nameProgram } from './errors.js'
import { findingLines } from './findings.js'
import { elapsed } from './progress.js'
import { count, table, wrap } from './text.js'
import { themeOf } from './theme.js'
import type { View } from './view.js'

/** CRDs of release notes, chart and cluster side by side, hop by hop. */
export function formatCrdDiff(plan: UpgradePlan, view: View): string {
  const { heading } = themeOf(view)
  const findings = plan.findings.filter(({ code }) => code.startsWith('MU2'))
  const hops = plan.hops.map(({ from, to, crds }) =>
    [heading(`${from} → ${to}: ${crdSummary(crds)}`), ...crdLines(crds, view)].join('\n'),
  )
  const found = findings.length > 0 ? [findingLines(findings, view).join('\n')] : []
  return `${[...hops, ...found].join('\n\n')}\n`
}

/** What was backed up, and how to put it back. */
export function formatCrdBackup({ folder, crds, objects }: CrdBackup, view: View): string {
  const theme = themeOf(view)
  const rows = crds.map(({ name, customResources }) => [name, count(customResources, 'custom resource')])
  return [
    theme.good(
      `✔ ${count(crds.length, 'CRD')} with ${count(objects, 'custom resource')} in ${folder}, read back and compared`,
    ),
    ...table(rows, view.width, 2),
    `put them back: ${theme.command(nameProgram(`{program} crds restore ${folder}`, view.program))}`,
    '',
  ].join('\n')
}

/** What a restore would do. */
export function formatCrdRestore({ folder, crds, resources, overwrite }: CrdRestorePlan, view: View): string {
  const theme = themeOf(view)
  const rows = crds.map(({ name, action }) => {
    const { total = 0, missing = 0, differing = 0 } = resources.find(({ crd }) => crd === name) ?? {}
    const differ = overwrite ? 'replaced' : 'left alone (--overwrite replaces them)'
    const parts = [
      ...(missing > 0 ? [`${missing} made again`] : []),
      ...(differing > 0 ? [`${differing} that differ ${differ}`] : []),
    ]
    const what = parts.length > 0 ? parts.join(' · ') : 'nothing to do'
    return [crdWords[action], name, `${count(total, 'custom resource')}: ${what}`]
  })
  return [theme.heading(`Backup ${folder}`), ...table(rows, view.width, 2), ''].join('\n')
}

const crdWords: Record<CrdRestorePlan['crds'][number]['action'], string> = {
  create: 'create',
  replace: 'replace',
  none: 'as it was',
}

/** How a restore ended. */
export function formatCrdRestored(outcome: CrdRestoreOutcome, view: View): string {
  const theme = themeOf(view)
  const { result, plan, crdsPutBack, created, replaced, left, failure } = outcome
  const done = `${count(crdsPutBack.length, 'CRD')} put back, ${count(created, 'custom resource')} made again, ${replaced} replaced, ${left} that differ left alone`
  const took = `(${elapsed(outcome.elapsedMs)})`
  switch (result) {
    case 'restored':
      return `${theme.good(`✔ restored from ${plan.folder}`)} ${took}\n${wrap(done, view.width, { indent: 2 })}\n`
    case 'nothing-to-do':
      return `${theme.good('✔ nothing to do')}: all that the backup holds is there\n`
    case 'declined':
      return theme.warn('declined; nothing was changed\n')
    case 'failed': {
      const why = wrap(failure?.message ?? '', view.width, { indent: 2 })
      const remedy = wrap(`→ ${failure?.remedy ?? ''}`, view.width, { indent: 2, hang: 2 })
      return `${theme.bad('✖ not all is restored')} ${took}\n${why}\n${remedy}\n${wrap(done, view.width, { indent: 2 })}\n`
    }
  }
}
