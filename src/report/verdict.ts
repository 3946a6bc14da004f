import { formatRef } from '../model/object-ref.js'
import type { CheckResult, Verdict } from '../model/verdict.js'
import { wrap } from './text.js'
import { themeOf, type Theme } from './theme.js'
import type { View } from './view.js'

/** The post-checks for a person. */
export function formatVerdict(verdict: Verdict, view: View): string {
  const theme = themeOf(view)
  const summary = {
    pass: theme.good('✔ all checks passed'),
    fail: theme.bad('✖ a check failed'),
    unknown: theme.warn('? not everything could be checked; unknown is not success'),
    incomplete: theme.warn('… not complete yet; verify again later, or troubleshoot tells what it waits for'),
  }
  return `${[`${theme.heading('Verdict')}  ${summary[verdict.outcome]}`, ...checkLines(verdict, view)].join('\n')}\n`
}

/** One line a check, with the objects that are at fault. */
export function checkLines(verdict: Verdict, view: View): string[] {
  const theme = themeOf(view)
  return verdict.checks.flatMap((check) => {
    const objects = check.status === 'pass' ? [] : check.objects.map((ref) => `      ${formatRef(ref)}`)
    return [wrap(`${sign(check, theme)} ${check.message}`, view.width, { indent: 2, hang: 2 }), ...objects]
  })
}

function sign({ status }: CheckResult, theme: Theme): string {
  const signs = {
    pass: theme.good('✔'),
    warn: theme.warn('⚠'),
    fail: theme.bad('✖'),
    unknown: theme.warn('?'),
    incomplete: theme.warn('…'),
  }
  return signs[status]
}
