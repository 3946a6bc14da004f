import type { HelmRollbackWords, HelmUpgradeWords } from '../model/helm-upgrade.js'
import { shellQuote } from '../model/shell-words.js'
import type { HelmRunner } from './helm-run.js'

/** Words of the upgrade: the whole of the values by file, so that nothing of the last release slips in. */
export function upgradeWords(request: HelmUpgradeWords): string[] {
  const { releaseName, namespace, chartPath, valuesFile, timeoutMs, extraArguments } = request
  const [path = '', repo] = chartPath.split(' --repo ')
  return [
    ...['upgrade', releaseName, path, '--namespace', namespace],
    ...(repo === undefined ? [] : ['--repo', repo]),
    ...['--reset-values', '--values', valuesFile],
    ...waitWords(timeoutMs, extraArguments),
  ]
}

/** Words of the rollback, the same for both majors: `--wait` alone is helm 4's watcher and helm 3's wait. */
export function rollbackWords(request: HelmRollbackWords): string[] {
  const { releaseName, namespace, toRevision, timeoutMs, extraArguments } = request
  return [
    ...['rollback', releaseName, String(toRevision), '--namespace', namespace],
    ...waitWords(timeoutMs, extraArguments),
  ]
}

/** The command that a person could run: the chart by the name they know it by, and the cluster where it was named. */
export function upgradeCommand(request: HelmUpgradeWords, helm: HelmRunner): string {
  const isLocal = /^[./~]|\.(tgz|tar\.gz)$/.test(request.chartPath) || !/[/ ]/.test(request.chartPath)
  const version = isLocal && !request.chartPath.includes('://') ? [] : ['--version', request.chartVersion]
  return shellQuote([helm.binary, ...upgradeWords(request), ...version, ...helm.typedClusterFlags()])
}

/** The same of a rollback. */
export function rollbackCommand(request: HelmRollbackWords, helm: HelmRunner): string {
  return shellQuote([helm.binary, ...rollbackWords(request), ...helm.typedClusterFlags()])
}

function waitWords(timeoutMs: number, extraArguments: readonly string[]): string[] {
  const saysWait = extraArguments.some((word) => /^--wait(=|$)/.test(word))
  const wait = saysWait ? [] : ['--wait']
  return ['--timeout', `${Math.ceil(timeoutMs / 1000)}s`, ...wait, ...extraArguments]
}
