import { rmSync } from 'node:fs'
import { UpgradeError } from '../errors.js'
import type { RenderRequest } from '../ports/helm.js'
import type { HelmRunner } from './helm-run.js'
import { shellQuote } from '../model/shell-words.js'
import { helmWords } from './helm-words.js'
import type { TempFolder } from './temp-folder.js'

const renderTimeoutMs = 180_000

/**
 * Renders a chart as for an upgrade, without hooks unless they are asked for. A chart that calls `lookup` is rendered against the
 * server, in both majors by `--dry-run=server`; helm 3 keeps the capabilities that it is given, helm 4
 * asks the server. Throws `RenderFailed` with helm's own words.
 */
export async function renderChart(
  request: RenderRequest,
  helm: HelmRunner,
  temp: TempFolder,
): Promise<string> {
  const { releaseName, namespace, chart, kubeVersion, apiVersions } = request
  const valuesFile = temp.newFile('values.yaml', JSON.stringify(request.values.reveal()))
  const words = (path: string, file: string): string[] => [
    ...['template', releaseName, path, '--namespace', namespace, '--is-upgrade'],
    ...(request.withHooks === true ? [] : ['--no-hooks']),
    ...['--kube-version', kubeVersion, '--values', file],
    ...(chart.usesLookup ? ['--dry-run=server'] : []),
  ]
  const given = apiVersions.length > 0 ? ['--api-versions', apiVersions.join(',')] : []
  try {
    const { code, stdout, stderr } = await helm.run(
      [...words(chart.path, valuesFile), ...given, ...helm.clusterFlags()],
      { timeoutMs: renderTimeoutMs },
    )
    if (code === 0) return stdout
    const command = `${shellQuote([helm.binary])} ${shellQuote(words(chart.reference, 'values.yaml'))}`
    throw new UpgradeError('RenderFailed', `render ${chart.reference}: ${helmWords(stderr)}`, { command })
  } finally {
    rmSync(valuesFile, { force: true })
  }
}
