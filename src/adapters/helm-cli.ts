import { textField } from '../model/kube-object.js'
import type { HelmCommandLine, HelmReader, HelmWriter } from '../ports/helm.js'
import { UpgradeError } from '../errors.js'
import { sensitive } from '../model/values.js'
import { fetchChart } from './chart-fetch.js'
import { rollbackCommand, upgradeCommand } from './helm-command.js'
import { HelmRepositories, type RepositoryLogin } from './helm-repositories.js'
import { renderChart } from './helm-render.js'
import { HelmRunner, type HelmRunnerOptions } from './helm-run.js'
import { ValueMerger } from './helm-values.js'
import { helmWriter } from './helm-writer.js'
import type { SecretRegistry } from './secret-registry.js'
import { TempFolder } from './temp-folder.js'

export interface HelmCliOptions extends HelmRunnerOptions {
  login: RepositoryLogin
  secrets: SecretRegistry
}

export interface HelmCli {
  reader: HelmReader & HelmCommandLine
  writer: HelmWriter
}

/** helm as a program: what it says in an error is redacted before it leaves. */
export function helmCli(options: HelmCliOptions): HelmCli {
  const { login, secrets, env } = options
  const helm = new HelmRunner(options)
  const temp = new TempFolder()
  const repositories = new HelmRepositories(helm, temp, login, env)
  const values = new ValueMerger(helm, temp)
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      // A helm that is too old must be named as such, not by the flag that it does not know.
      const [result] = await Promise.all([work(), helm.version()])
      return result
    } catch (error) {
      await helm.version()
      throw redacted(error, secrets)
    }
  }
  return {
    reader: {
      version: () => helm.version(),
      loadChart: (source) =>
        source.type === 'path'
          ? fetchChart(source, { helm, repositories, temp, login })
          : call(() => fetchChart(source, { helm, repositories, temp, login })),
      repositories: () =>
        Promise.resolve(
          repositories
            .entries()
            .map((entry) => ({ name: textField(entry, 'name'), url: textField(entry, 'url') })),
        ),
      listVersions: (repository, chart) => call(() => repositories.versions(repository, chart)),
      mergeValues: async (words) => {
        if (words.length === 0) return sensitive({})
        const merged = await call(() => values.merge(words))
        secrets.addValues(merged)
        return sensitive(merged)
      },
      render: async (request) => {
        secrets.addValues(request.values.reveal())
        return sensitive(await call(() => renderChart(request, helm, temp)))
      },
      upgradeCommand: (request) => upgradeCommand(request, helm),
      rollbackCommand: (request) => rollbackCommand(request, helm),
      clusterFlags: () => helm.typedClusterFlags(),
    },
    writer: helmWriter(helm, secrets.redact),
  }
}

function redacted(error: unknown, secrets: SecretRegistry): unknown {
  if (!(error instanceof UpgradeError)) return error
  const message = secrets.redact(error.message)
  if (message === error.message) return error
  return new UpgradeError(error.code, message, error.details, error)
}
