import type { UpgradePlan } from '../model/plan.js'
import { shellQuote } from '../model/shell-words.js'

/** helm's names for flags that kubectl calls otherwise. */
const kubectlNames: Record<string, string> = {
  '--kube-context': '--context',
  '--kube-as-user': '--as',
  '--kube-as-group': '--as-group',
  '--kube-apiserver': '--server',
  '--kube-ca-file': '--certificate-authority',
}

/** Makes a command go to the cluster that this call names, whichever program it is for. */
export function aimCommand(command: string, clusterFlags: readonly string[]): string {
  if (clusterFlags.length === 0) return command
  const helm = shellQuote(clusterFlags)
  const kubectl = shellQuote(clusterFlags.map((word) => kubectlNames[word] ?? word))
  if (command.startsWith('{program} ')) return `${command} ${helm}`
  if (/^(\S*\/)?helm\S* /.test(command)) return command.includes(helm) ? command : `${command} ${helm}`
  return command.replace(/\bkubectl (?!mesh)/g, `kubectl ${kubectl} `)
}

/** A plan whose printed commands all go to the cluster that it is for. */
export function aimPlan<T extends Omit<UpgradePlan, 'digest'>>(plan: T, clusterFlags: readonly string[]): T {
  const aim = (commands: readonly string[]): string[] =>
    commands.map((command) => aimCommand(command, clusterFlags))
  return {
    ...plan,
    hops: plan.hops.map((hop) => ({
      ...hop,
      steps: hop.steps.map((step) => ({ ...step, commands: aim(step.commands) })),
    })),
    findings: plan.findings.map((finding) =>
      finding.remedy
        ? { ...finding, remedy: { ...finding.remedy, commands: aim(finding.remedy.commands) } }
        : finding,
    ),
    impact: {
      ...plan.impact,
      afterwards: plan.impact.afterwards.map((left) => ({ ...left, commands: aim(left.commands) })),
    },
  }
}
